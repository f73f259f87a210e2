# Compiler flags of kernel files, chosen by the ISA tokens in the file name, as in gemm_s8s8_f32_avx2_3x16x4.cpp.
#
# No file above the architecture's baseline is compiled without such a token, and the flags of a file cover exactly what
# its token promises: dispatch runs it only on CPUs that have all of it.

# Tokens, longest first, so that neon_dotprod is found before neon.
set(PINCER_ISA_TOKENS
  neon_dotprod neon_i8mm avx512vnni avx512 avxvnni avx2 amx neon sve_i8mm sve sme2 sme scalar)

set(avx512 -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl -mfma)
set(PINCER_ISA_x86_avx2 -mavx2 -mfma -mf16c)
set(PINCER_ISA_x86_avxvnni -mavx2 -mfma -mf16c -mavxvnni)
# CD comes with every CPU that has the other four, and xsimd's avx512bw type needs it.
set(PINCER_ISA_x86_avx512 ${avx512})
set(PINCER_ISA_x86_avx512vnni ${avx512} -mavx512vnni)
set(PINCER_ISA_x86_amx ${avx512} -mavx512vnni -mamx-tile -mamx-int8)
set(PINCER_ISA_arm_neon -march=armv8-a)
set(PINCER_ISA_arm_neon_dotprod -march=armv8.2-a+dotprod)
set(PINCER_ISA_arm_neon_i8mm -march=armv8.2-a+dotprod+i8mm)
set(PINCER_ISA_arm_sve -march=armv8.2-a+sve)
set(PINCER_ISA_arm_sve_i8mm -march=armv8.2-a+i8mm+sve)
# Without +sve: a core may have SVE's instructions in streaming mode only.
set(PINCER_ISA_arm_sme -march=armv8-a+sme)
set(PINCER_ISA_arm_sme2 -march=armv8-a+sme2)
# The baseline of the architecture, with vectorization: the reference is slow enough as it is.
set(PINCER_ISA_x86_scalar -O3)
set(PINCER_ISA_arm_scalar -O3)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(PINCER_ARCH x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(PINCER_ARCH arm)
else()
  message(FATAL_ERROR "Pincer runs on x86-64 and 64-bit Arm, not on ${CMAKE_SYSTEM_PROCESSOR}.")
endif()

# Arm kernels are compiled by clang where there is one: gcc 12 spills tiles of 24 accumulators and pairs few loads, which
# makes the integer products 10 to 30 % longer. Sanitizers of two compilers do not mix.
set(PINCER_CLANG_TOKENS neon neon_dotprod neon_i8mm)
# Integer products on NEON are written in the order that is wanted; LLVM's scheduler moves loads up until sums are spilled.
set(PINCER_CLANG_PRODUCT_FLAGS -mllvm -enable-misched=false)
if(PINCER_ARCH STREQUAL "arm" AND NOT PINCER_SANITIZE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  find_program(PINCER_CLANG NAMES clang++-19 clang++-20 clang++-21 clang++-18 clang++-17 clang++-16 clang++)
  mark_as_advanced(PINCER_CLANG)
  if(NOT PINCER_CLANG)
    message(STATUS "There is no clang: gcc compiles the Arm kernels, which makes them slower")
  endif()
endif()

# Lets the marked files of a target go to clang.
function(pincer_launch_kernel_compiler target)
  if(PINCER_CLANG)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_SOURCE_DIR}/third_party/cmake/kernel_compiler.sh;${PINCER_CLANG};aarch64-linux-gnu;${CMAKE_CXX_COMPILER_LAUNCHER}")
  endif()
endfunction()

# Sets <out> to the ISA token of a file, or to the empty string for files that are compiled for the baseline.
function(pincer_isa_token file out)
  get_filename_component(name "${file}" NAME_WE)
  foreach(token IN LISTS PINCER_ISA_TOKENS)
    if("_${name}_" MATCHES "_${token}_")
      set(${out} "${token}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${out} "" PARENT_SCOPE)
endfunction()

# Removes from the list variable the files of other architectures and gives the rest their flags.
function(pincer_apply_isa_flags list_variable)
  set(kept "")
  foreach(file IN LISTS ${list_variable})
    pincer_isa_token("${file}" token)
    if(token AND NOT DEFINED PINCER_ISA_${PINCER_ARCH}_${token})
      continue()
    endif()
    list(APPEND kept "${file}")
    set(flags "")
    if(token)
      # -O2 also in sanitizer builds: intrinsics that are not inlined take hours in tests. A vptr check needs RTTI.
      list(APPEND flags -O2 ${PINCER_ISA_${PINCER_ARCH}_${token}} -fno-exceptions -fno-rtti
        -fvisibility=hidden -fno-sanitize=vptr)
      if(PINCER_CLANG AND token IN_LIST PINCER_CLANG_TOKENS)
        list(APPEND flags -DPINCER_KERNEL_BY_CLANG)
        if(file MATCHES "/(gem[mv]|attention_s8s8)_[^/]*_neon_[^/]*$")
          list(APPEND flags ${PINCER_CLANG_PRODUCT_FLAGS})
        endif()
      endif()
      # Kernels lock and share nothing; watching each of their loads makes the real model ten times slower.
      if(PINCER_SANITIZE MATCHES "thread")
        list(APPEND flags -fno-sanitize=thread)
      endif()
    endif()
    set_source_files_properties("${file}" PROPERTIES COMPILE_OPTIONS "${flags}")
    if(token)
      set_source_files_properties("${file}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
  set(${list_variable} "${kept}" PARENT_SCOPE)
endfunction()

list(APPEND PINCER_CLANG_TOKENS sve_i8mm sve)

# Without a compiler that knows SME the build leaves these kernels out, and says so.
if(PINCER_ARCH STREQUAL "arm")
  set(clang_version 0)
  if(PINCER_CLANG)
    execute_process(COMMAND "${PINCER_CLANG}" -dumpversion OUTPUT_VARIABLE clang_version)
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    set(clang_version "${CMAKE_CXX_COMPILER_VERSION}")
  endif()
  if(clang_version VERSION_GREATER_EQUAL 19)
    list(APPEND PINCER_CLANG_TOKENS sme2 sme)
    set(PINCER_SME ON)
  else()
    message(STATUS "No kernels for SME: they need clang 19")
    unset(PINCER_ISA_arm_sme)
    unset(PINCER_ISA_arm_sme2)
  endif()
  if(PINCER_SME)
    add_compile_definitions(PINCER_SME=1)
  endif()
endif()
