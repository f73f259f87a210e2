# Finds what the layers need; third_party/README.md says why each was chosen.
#
# Headers are looked for by path and not through a package's CMake config, so that a cross build may use the ones of the
# build machine. A missing package is an error that names it, except in a cross build: that one then leaves out the
# layers above kernels/ and says so.

find_package(Threads REQUIRED)

set(PINCER_MISSING_ENGINE "")
set(PINCER_MISSING_SERVER "")

# pincer_find_headers(<target> <header> <missing list> <Debian package>)
function(pincer_find_headers target header missing package)
  string(MAKE_C_IDENTIFIER "PINCER_INCLUDE_${target}" var)
  find_path(${var} "${header}")
  mark_as_advanced(${var})
  if(NOT ${var})
    set(${missing} "${${missing}};${package}" PARENT_SCOPE)
    return()
  endif()
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE "${${var}}")
endfunction()

# pincer_find_config(<CMake package> <missing list> <Debian package>)
macro(pincer_find_config name missing package)
  find_package(${name} QUIET)
  if(NOT ${name}_FOUND)
    list(APPEND ${missing} ${package})
  endif()
endmacro()

set(missing_kernels "")
pincer_find_headers(pincer::xsimd "xsimd/xsimd.hpp" missing_kernels libxsimd-dev)

pincer_find_config(TBB PINCER_MISSING_ENGINE libtbb-dev)
pincer_find_config(fmt PINCER_MISSING_ENGINE libfmt-dev)
pincer_find_headers(pincer::utf8proc_headers "utf8proc.h" PINCER_MISSING_ENGINE libutf8proc-dev)
pincer_find_headers(pincer::xxhash "xxhash.h" PINCER_MISSING_ENGINE libxxhash-dev)
find_library(PINCER_UTF8PROC_LIBRARY utf8proc)
mark_as_advanced(PINCER_UTF8PROC_LIBRARY)

pincer_find_headers(pincer::boost_headers "boost/url.hpp" PINCER_MISSING_SERVER libboost1.81-dev)
pincer_find_headers(pincer::cli11 "CLI/CLI.hpp" PINCER_MISSING_SERVER libcli11-dev)
pincer_find_headers(pincer::libedit_headers "editline/readline.h" PINCER_MISSING_SERVER libedit-dev)
find_library(PINCER_LIBEDIT_LIBRARY edit)
mark_as_advanced(PINCER_LIBEDIT_LIBRARY)
pincer_find_headers(pincer::sqlite_headers "sqlite3.h" PINCER_MISSING_SERVER libsqlite3-dev)
find_library(PINCER_SQLITE_LIBRARY sqlite3)
mark_as_advanced(PINCER_SQLITE_LIBRARY)
pincer_find_config(OpenSSL PINCER_MISSING_SERVER libssl-dev)
pincer_find_config(spdlog PINCER_MISSING_SERVER libspdlog-dev)
pincer_find_config(yaml-cpp PINCER_MISSING_SERVER libyaml-cpp-dev)

list(APPEND PINCER_MISSING_SERVER ${PINCER_MISSING_ENGINE})
set(missing ${missing_kernels})
if(NOT CMAKE_CROSSCOMPILING)
  list(APPEND missing ${PINCER_MISSING_SERVER})
endif()
list(REMOVE_DUPLICATES missing)
if(missing)
  list(JOIN missing " " missing)
  message(FATAL_ERROR "These packages are missing: ${missing}. `./pincer setup` installs them.")
endif()

set(PINCER_HAVE_ENGINE_DEPS ON)
set(PINCER_HAVE_SERVER_DEPS ON)
if(PINCER_MISSING_ENGINE)
  set(PINCER_HAVE_ENGINE_DEPS OFF)
endif()
if(PINCER_MISSING_SERVER)
  set(PINCER_HAVE_SERVER_DEPS OFF)
  list(JOIN PINCER_MISSING_SERVER " " missing)
  message(WARNING "Only a part of the tree is built for ${CMAKE_SYSTEM_PROCESSOR}: no ${missing} for it.")
endif()

if(PINCER_HAVE_ENGINE_DEPS)
  add_library(pincer::utf8proc INTERFACE IMPORTED GLOBAL)
  target_link_libraries(pincer::utf8proc INTERFACE pincer::utf8proc_headers "${PINCER_UTF8PROC_LIBRARY}")
endif()

if(PINCER_HAVE_SERVER_DEPS)
  add_library(pincer::libedit INTERFACE IMPORTED GLOBAL)
  target_link_libraries(pincer::libedit INTERFACE pincer::libedit_headers "${PINCER_LIBEDIT_LIBRARY}")
  add_library(pincer::sqlite INTERFACE IMPORTED GLOBAL)
  target_link_libraries(pincer::sqlite INTERFACE pincer::sqlite_headers "${PINCER_SQLITE_LIBRARY}")
endif()

# Boost is used as headers only. What would be compiled again in every user is compiled once, here, in four files.
# Boost.JSON stands alone, because the tests of every layer may read their golden values with it.
set(boost "${CMAKE_SOURCE_DIR}/third_party/boost")
if(TARGET pincer::boost_headers)
  add_library(pincer_boost_json STATIC "${boost}/json.cpp")
  target_link_libraries(pincer_boost_json PUBLIC pincer::boost_headers)
  target_compile_definitions(pincer_boost_json PUBLIC BOOST_ALL_NO_LIB)
endif()
if(PINCER_HAVE_SERVER_DEPS)
  add_library(pincer_boost STATIC "${boost}/asio.cpp" "${boost}/beast.cpp" "${boost}/url.cpp")
  target_link_libraries(pincer_boost PUBLIC
    pincer_boost_json OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
  target_compile_definitions(pincer_boost PUBLIC
    BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_ASIO_NO_DEPRECATED
    BOOST_BEAST_SEPARATE_COMPILATION)
endif()
