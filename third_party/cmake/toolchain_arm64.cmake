# Cross build for 64-bit Arm with Debian's gcc; the tests run under qemu's user-mode emulation.
#
# libc and libstdc++ come with the cross compiler, in /usr/aarch64-linux-gnu. Other libraries are looked for in
# PINCER_SYSROOT_ARM64, a folder of unpacked Debian packages that `./pincer test` fills.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

find_program(PINCER_CXX_ARM64 NAMES aarch64-linux-gnu-g++-12 aarch64-linux-gnu-g++ REQUIRED)
set(CMAKE_CXX_COMPILER "${PINCER_CXX_ARM64}")

get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(PINCER_SYSROOT_ARM64 "${root}/build/sysroot-arm64" CACHE PATH "Libraries for arm64")
set(CMAKE_CXX_FLAGS_INIT "-isystem ${PINCER_SYSROOT_ARM64}/usr/include/aarch64-linux-gnu")
# Debian keeps libraries in two places; those that only other libraries need are found by these paths.
set(libraries_arm64
  "${PINCER_SYSROOT_ARM64}/usr/lib/aarch64-linux-gnu:${PINCER_SYSROOT_ARM64}/lib/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${libraries_arm64}")

# Headers may be the build machine's (Boost, xsimd, CLI11 have no architecture); libraries may not.
set(CMAKE_FIND_ROOT_PATH "${PINCER_SYSROOT_ARM64}" /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# The CPU model is a bound: dot products, no i8mm and no SVE, as on a Neoverse N1 or a Cortex-A76 board.
set(emulator_arm64 qemu-aarch64 -L /usr/aarch64-linux-gnu -E "LD_LIBRARY_PATH=${libraries_arm64}")
set(CMAKE_CROSSCOMPILING_EMULATOR ${emulator_arm64} -cpu neoverse-n1)

# The tests of the kernels run on these as well; an instruction that a model lacks ends the program there. What a name
# stands for is a whole command, so that a model may have an emulator of its own.
set(PINCER_EMULATED_CPUS cortex-a53 i8mm)
set(PINCER_EMULATOR_cortex-a53 ${emulator_arm64} -cpu cortex-a53)
set(PINCER_EMULATOR_i8mm ${emulator_arm64} -cpu max,sve=off,sme=off)
