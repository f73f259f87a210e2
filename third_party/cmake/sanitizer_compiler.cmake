# Before project(): builds with sanitizers are compiled by clang where it and its runtimes are here, because it takes less than half
# of gcc's time for them, and is a second compiler that reads the code. Else, and where a compiler is named, that one.
if(PINCER_SANITIZE AND NOT DEFINED CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(PINCER_CLANG clang++-19)
  mark_as_advanced(PINCER_CLANG)
  if(PINCER_CLANG)
    execute_process(COMMAND "${PINCER_CLANG}" -print-resource-dir
      OUTPUT_VARIABLE resources OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    file(GLOB runtime "${resources}/lib/*/libclang_rt.tsan*.a")
    if(runtime)
      set(CMAKE_CXX_COMPILER "${PINCER_CLANG}")
    endif()
  endif()
endif()
