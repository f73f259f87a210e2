# pincer_precompile(<target> <header>): compiles what <header> includes once for the target, instead of in each of its files: most
# of the time that a file of the server takes is Asio's and the standard library's headers.
#
# The header holds nothing but includes of other people's headers, and no file may count on it: each includes what it uses, which
# clang-tidy's check sees, because it compiles without. Files for an ISA have flags of their own and go without, too.
option(PINCER_PRECOMPILE "Precompile the headers that many files include" ON)

function(pincer_precompile target header)
  if(NOT PINCER_PRECOMPILE)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE "${CMAKE_SOURCE_DIR}/${header}")
  # What ccache needs to recognize such a build; `./pincer` sets its CCACHE_SLOPPINESS.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
    "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endfunction()
