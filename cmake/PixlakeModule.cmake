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

# Tests parse GoogleTest as well, which takes as long as the test itself.
add_library(pixlake_test_pch STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/pch.cc)
target_link_libraries(pixlake_test_pch PUBLIC pixlake_flags pixlake::arrow GTest::gmock)
target_precompile_headers(pixlake_test_pch PUBLIC
  ${PROJECT_SOURCE_DIR}/cmake/pch.h <gmock/gmock.h> <gtest/gtest.h>)

# pixlake_together(OUT MODULE SOURCES…): neighbours in a module are compiled a few files at
# a time, because parsing what they include takes most of the time. Names in unnamed
# namespaces are therefore told apart within a module. A source with properties of its own
# (SKIP_UNITY_BUILD_INCLUSION) stays alone. CMake's own unity builds name files by their
# full paths, so that no two checkouts would share a compiler cache.
set(PIXLAKE_UNITY 8 CACHE STRING "How many sources of a module are compiled together; 1 for each alone")
function(pixlake_together out module)
  set(${out} ${ARGN} PARENT_SCOPE)
  if(PIXLAKE_UNITY LESS 2)
    return()
  endif()
  set(alone "")
  set(files "")
  foreach(source ${ARGN})
    get_source_file_property(skip ${source} SKIP_UNITY_BUILD_INCLUSION)
    if(skip)
      list(APPEND alone ${source})
    else()
      list(APPEND files ${source})
    endif()
  endforeach()
  # Groups of nearly the same size: the last one would else be a rest of one file.
  list(LENGTH files count)
  math(EXPR groups "(${count} + ${PIXLAKE_UNITY} - 1) / ${PIXLAKE_UNITY}")
  set(at 0)
  foreach(source ${files})
    math(EXPR group "${at} * ${groups} / ${count}")
    string(APPEND text_${group} "#include \"${module}/${source}\"\n")
    math(EXPR at "${at} + 1")
  endforeach()
  set(together "")
  math(EXPR last "${groups} - 1")
  foreach(group RANGE ${last})
    set(file ${CMAKE_CURRENT_BINARY_DIR}/together/${module}${group}.cc)
    file(CONFIGURE OUTPUT ${file} CONTENT "${text_${group}}" @ONLY)
    list(APPEND together ${file})
  endforeach()
  set(${out} ${together} ${alone} PARENT_SCOPE)
endfunction()

add_custom_target(pixlake_tests)

# pixlake_test_program(NAME SOURCES… LIBS…): what tests run, but not the product.
function(pixlake_test_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  target_link_libraries(${name} PRIVATE pixlake_flags)
  if("GTest::gmock" IN_LIST ARG_LIBS)
    target_precompile_headers(${name} REUSE_FROM pixlake_test_pch)
  else()
    target_precompile_headers(${name} REUSE_FROM pixlake_pch)
  endif()
  add_dependencies(pixlake_tests ${name})
endfunction()

function(pixlake_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS;LIBS;TESTS;TEST_LIBS" ${ARGN})
  set(target pixlake_${name})
  pixlake_together(sources ${name} ${ARG_SOURCES})
  add_library(${target} STATIC ${sources})
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
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 600)
  endif()
endfunction()
