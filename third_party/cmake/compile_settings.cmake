# Compiler settings of the whole tree. What differs by kernel file is in isa_flags.cmake.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# -g1: backtraces with lines at a third of the size.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
# Asserts stay on here: this is what the sanitizer builds use. What computes little is compiled at -O0 there
# (pincer_compile_quickly).
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

# gcc fuses a * b + c even in standard mode where the machine can: weights packed on Arm would differ from those of x86.
# Kernels write fma where they mean it.
add_compile_options(-ffp-contract=off)

# The sources of the layers; code of others (third_party/boost) is built without these.
add_library(pincer_warnings INTERFACE)
target_compile_options(pincer_warnings INTERFACE -Wall -Wextra -Wshadow)
if(PINCER_WERROR)
  target_compile_options(pincer_warnings INTERFACE -Werror)
endif()

if(PINCER_SANITIZE)
  add_compile_options(-fsanitize=${PINCER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PINCER_SANITIZE})
  if(PINCER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc 12 warns wherever a library uses atomic_thread_fence, which TSan does not model.
    add_compile_options(-Wno-tsan)
  endif()
endif()

if(PINCER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
mark_as_advanced(CCACHE_PROGRAM)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# pincer_compile_quickly(<target> <condition>): -O0 where the generator expression is true, for code whose compiling takes
# longer than its running.
function(pincer_compile_quickly target condition)
  target_compile_options(${target} PRIVATE $<${condition}:-O0>)
endfunction()
