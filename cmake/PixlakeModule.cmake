# One target a module, through one function:
#
#   pixlake_module(NAME [SOURCES …] [HEADERS …] [DEPS module…] [LIBS target…] [TESTS …])
#
# makes the static library pixlake_NAME (alias pixlake::NAME) with sources beside
# the CMakeLists.txt, and one test executable NAME_test out of TESTS, registered
# with ctest. Tests, and programs that only tests run, are no part of `all`: the target
# `pixlake_tests` builds them, so that who wants the product alone compiles no test. DEPS are modules; modules.toml says which are allowed. Every header
# in HEADERS must compile alone (target pixlake_NAME_verify_interface_header_sets).

add_library(pixlake_flags INTERFACE)
target_compile_options(pixlake_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # g++ 12 reports these in the standard library's own inlined code.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-free-nonheap-object;-Wno-dangling-pointer>
  # -fPIC for libraries and programs alike, so that one precompiled header serves both.
  -fPIC -fdiagnostics-color=auto -fno-omit-frame-pointer -Winvalid-pch)
target_compile_definitions(pixlake_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
target_include_directories(pixlake_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(pixlake_flags INTERFACE Threads::Threads)
# The linker would take OpenSSL's names from libparquet, which keeps them to itself
# (tools/setup/hide_symbols.py), and leave libcrypto out as not needed.
target_link_options(pixlake_flags INTERFACE -Wl,--no-as-needed)
if(PIXLAKE_SANITIZE)
  target_compile_options(pixlake_flags INTERFACE -fsanitize=${PIXLAKE_SANITIZE} -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  # Arrow comes without the sanitizers' typeinfo, so vptr checks cannot work.
  if(PIXLAKE_SANITIZE MATCHES "undefined")
    target_compile_options(pixlake_flags INTERFACE -fno-sanitize=vptr)
  endif()
  target_link_options(pixlake_flags INTERFACE -fsanitize=${PIXLAKE_SANITIZE})
endif()
if(PIXLAKE_FUZZ)
  target_compile_options(pixlake_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Arrow takes seconds a file to parse: one precompiled header for all modules.
add_library(pixlake_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/pch.cc)
target_link_libraries(pixlake_pch PUBLIC pixlake_flags pixlake::arrow)
target_precompile_headers(pixlake_pch PUBLIC ${PROJECT_SOURCE_DIR}/cmake/pch.h)

function(_pixlake_target_defaults target)
  target_link_libraries(${target} PRIVATE pixlake_flags)
  target_precompile_headers(${target} REUSE_FROM pixlake_pch)
endfunction()

add_custom_target(pixlake_tests)

# pixlake_test_program(NAME SOURCES… LIBS…): what tests run, but not the product.
function(pixlake_test_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  _pixlake_target_defaults(${name})
  add_dependencies(pixlake_tests ${name})
endfunction()

function(pixlake_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS;LIBS;TESTS;TEST_LIBS" ${ARGN})
  set(target pixlake_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(pixlake::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HEADERS})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  set(modules ${ARG_DEPS})
  if(NOT name STREQUAL "base")
    list(APPEND modules base)
  endif()
  list(TRANSFORM modules PREPEND pixlake_)
  target_link_libraries(${target} PUBLIC ${modules} pixlake::arrow PRIVATE ${ARG_LIBS})
  _pixlake_target_defaults(${target})
  if(ARG_TESTS)
    pixlake_test_program(${name}_test SOURCES ${ARG_TESTS}
      LIBS ${target} ${ARG_LIBS} ${ARG_TEST_LIBS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE PIXLAKE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 600)
  endif()
endfunction()
