# Finds every library: on the system first, else where `make setup` put it
# (PIXLAKE_DEPS, by default ~/.cache/pixlake/deps).

if(DEFINED ENV{PIXLAKE_DEPS})
  set(_deps_default $ENV{PIXLAKE_DEPS})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(_deps_default $ENV{XDG_CACHE_HOME}/pixlake/deps)
else()
  set(_deps_default $ENV{HOME}/.cache/pixlake/deps)
endif()
set(PIXLAKE_DEPS ${_deps_default} CACHE PATH "Where make setup put Arrow and DuckDB")

# Shared libraries that a package must carry (see tools/package.sh).
set(PIXLAKE_BUNDLED_LIBRARIES "")

# pixlake_imported_library(TARGET FILE INCLUDE_DIR)
function(pixlake_imported_library target file include_dir)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "${file} is missing; run `make setup` first")
  endif()
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${file}
    IMPORTED_NO_SONAME FALSE
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${include_dir}
    INTERFACE_INCLUDE_DIRECTORIES ${include_dir})
endfunction()

# Arrow C++: a CMake package when one is installed, else the pyarrow wheel's
# headers and libraries, which come without CMake files.
set(PIXLAKE_ARROW_VERSION 26.0.1)
find_package(Arrow ${PIXLAKE_ARROW_VERSION} EXACT QUIET CONFIG)
if(Arrow_FOUND)
  find_package(Parquet ${PIXLAKE_ARROW_VERSION} EXACT REQUIRED CONFIG)
  find_package(ArrowCompute ${PIXLAKE_ARROW_VERSION} EXACT REQUIRED CONFIG)
  add_library(pixlake::arrow ALIAS Arrow::arrow_shared)
  add_library(pixlake::parquet ALIAS Parquet::parquet_shared)
  add_library(pixlake::arrow_compute ALIAS ArrowCompute::arrow_compute_shared)
else()
  set(_arrow ${PIXLAKE_DEPS}/arrow-${PIXLAKE_ARROW_VERSION})
  pixlake_imported_library(pixlake::arrow ${_arrow}/lib/libarrow.so.2600 ${_arrow}/include)
  pixlake_imported_library(pixlake::parquet ${_arrow}/lib/libparquet.so.2600 ${_arrow}/include)
  pixlake_imported_library(pixlake::arrow_compute ${_arrow}/lib/libarrow_compute.so.2600 ${_arrow}/include)
endif()

# DuckDB's C API.
set(PIXLAKE_DUCKDB_VERSION 1.5.6)
find_library(_duckdb_library duckdb)
find_path(_duckdb_include duckdb.h)
if(NOT _duckdb_library OR NOT _duckdb_include)
  set(_duckdb ${PIXLAKE_DEPS}/duckdb-${PIXLAKE_DUCKDB_VERSION})
  set(_duckdb_library ${_duckdb}/lib/libduckdb.so)
  set(_duckdb_include ${_duckdb}/include)
endif()
pixlake_imported_library(pixlake::duckdb ${_duckdb_library} ${_duckdb_include})

find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CURL REQUIRED)
find_package(EXPAT REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET GLOBAL libdeflate)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET GLOBAL spng)
pkg_check_modules(LIBJPEG REQUIRED IMPORTED_TARGET GLOBAL libjpeg)
pkg_check_modules(LIBWEBP REQUIRED IMPORTED_TARGET GLOBAL libwebp)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET GLOBAL libisal)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET GLOBAL libarchive)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET GLOBAL libpq)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET GLOBAL sqlite3)
find_library(ROARING_LIBRARY roaring REQUIRED)
add_library(pixlake::roaring UNKNOWN IMPORTED GLOBAL)
set_target_properties(pixlake::roaring PROPERTIES IMPORTED_LOCATION ${ROARING_LIBRARY})

# libtiff of our own making, without JBIG-KIT, which is under the GPL and which Debian's
# loads. Where it could not be built, TIFF files are known by their headers alone.
set(_libtiff ${PIXLAKE_DEPS}/libtiff-3)
if(EXISTS ${_libtiff}/lib/libtiff.a)
  find_package(ZLIB REQUIRED)
  add_library(pixlake::libtiff STATIC IMPORTED GLOBAL)
  set_target_properties(pixlake::libtiff PROPERTIES IMPORTED_LOCATION ${_libtiff}/lib/libtiff.a)
  target_include_directories(pixlake::libtiff SYSTEM INTERFACE ${_libtiff}/include)
  target_link_libraries(pixlake::libtiff INTERFACE PkgConfig::LIBJPEG PkgConfig::LIBDEFLATE ZLIB::ZLIB m)
  target_compile_definitions(pixlake::libtiff INTERFACE PIXLAKE_HAVE_LIBTIFF=1)
endif()

# simdjson is compiled into us under another namespace. libparquet and libarrow
# export their own, other version's symbols of it: with Debian's shared library the
# loader mixes the two, and parsing a log crashes inside libparquet.
set(PIXLAKE_SIMDJSON_VERSION 3.12.3)
set(_simdjson ${PIXLAKE_DEPS}/simdjson-${PIXLAKE_SIMDJSON_VERSION})
if(NOT EXISTS ${_simdjson}/simdjson.cpp)
  message(FATAL_ERROR "${_simdjson} is missing; run `make setup` first")
endif()
add_library(pixlake_simdjson STATIC ${_simdjson}/simdjson.cpp)
add_library(pixlake::simdjson ALIAS pixlake_simdjson)
target_include_directories(pixlake_simdjson SYSTEM PUBLIC ${_simdjson})
target_compile_definitions(pixlake_simdjson PUBLIC simdjson=pixlake_simdjson)
target_compile_options(pixlake_simdjson PRIVATE -fPIC -w)
