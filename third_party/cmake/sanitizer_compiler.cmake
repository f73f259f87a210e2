# Before project(): the build with AddressSanitizer is compiled by clang where it and its runtime are here, because it takes less
# than half of gcc's time for it (one coroutine file of the server: 8.5 s at -O0, gcc 12 23.5 s at -O1), and is a second
# compiler that reads the code. Else, and where a compiler is named, that one.
if(PINCER_SANITIZE MATCHES "address" AND NOT DEFINED CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(PINCER_CLANG clang++-19)
  mark_as_advanced(PINCER_CLANG)
  if(PINCER_CLANG)
    execute_process(COMMAND "${PINCER_CLANG}" -print-resource-dir
      OUTPUT_VARIABLE resources OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    file(GLOB runtime "${resources}/lib/*/libclang_rt.asan*.a")
    if(runtime)
      set(CMAKE_CXX_COMPILER "${PINCER_CLANG}")
    endif()
  endif()
endif()
