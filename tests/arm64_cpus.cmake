# The kernels whose vectors differ from machine to machine, on CPUs with several lengths, under an emulator that is young
# enough: Debian 12's qemu 7.2 multiplies wrongly in SME's SMOPA and lacks SME2. `./pincer test` fetches one.

# <name> <qemu's -cpu> <kernels that must not be skipped there>. The lengths are in bytes. Without FA64 a core in streaming
# mode has no other instructions, and with sve=off none of SVE outside of it, as on Apple's M4.
set(cpus
  sve_i8mm_16 neoverse-n2 _sve_
  sve_i8mm_32 neoverse-v1 _sve_
  sve_64 a64fx _sve_[1-9]
  sme2_16 max,sme_fa64=off,sve-default-vector-length=64,sme-default-vector-length=16 _s[mv]e
  sme2_32 max,sme_fa64=off,sve=off,sme-default-vector-length=32 _sme
  sme2_64 max,sme_fa64=off,sve=off,sme-default-vector-length=64 _sme)
set(tests "Kernels/*Gemm*_sve_*:Kernels/*S8*_sve_*:Kernels/*Gemm*_sme*:Kernels/*Gemm*_1x32x4:PanelShape.*:PeakKernels.*:Isa.*:ChooseKernels.*:Bits/*")

# Looked for again and again: it may have come since.
find_program(qemu qemu-aarch64 PATHS "${CMAKE_SOURCE_DIR}/build/qemu/usr/bin" NO_DEFAULT_PATH NO_CACHE)
find_program(qemu qemu-aarch64 NO_CACHE)
execute_process(COMMAND "${qemu}" --version OUTPUT_VARIABLE version ERROR_QUIET)
string(REGEX REPLACE ".* version ([0-9]+).*" "\\1" version "${version}")

while(cpus)
  list(POP_FRONT cpus name cpu expected)
  set(test "${PINCER_TEST_PREFIX}kernels.on_${name}")
  if(NOT version GREATER_EQUAL 11)
    add_test(NAME ${test} COMMAND sh -c "echo 'skipped: this needs qemu 11'; exit 77")
  elseif(name MATCHES "sme" AND NOT PINCER_SME)
    add_test(NAME ${test} COMMAND sh -c "echo 'skipped: no compiler here knows SME'; exit 77")
  else()
    add_test(NAME ${test} COMMAND "${qemu}" -L /usr/aarch64-linux-gnu
      -E "LD_LIBRARY_PATH=${libraries_arm64}" -cpu ${cpu} "$<TARGET_FILE:kernels_tests>" "--gtest_filter=${tests}")
    set_tests_properties(${test} PROPERTIES FAIL_REGULAR_EXPRESSION "SKIPPED[^\n]*${expected}")
  endif()
  set_tests_properties(${test} PROPERTIES LABELS kernels.vectors SKIP_RETURN_CODE 77 TIMEOUT 600)
endwhile()
