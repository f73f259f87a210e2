// libFuzzer target for the GGUF reader. Needs clang, and every source in engine/gguf:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
//   -I. -Iengine/include
//     tests/fuzz/gguf_fuzz.cpp engine/gguf/*.cpp -o gguf_fuzz
//   ./gguf_fuzz -max_len=16384 -rss_limit_mb=512 corpus/
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "tests/engine/support/gguf_probe.h"

// Files of this fuzzer's size must never need much memory.
extern "C" const char* __asan_default_options() { return "max_allocation_size_mb=64"; }

// Starts from a whole file: random bytes would rarely come past the magic.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  const std::vector<std::byte> whole = pincer::test::varied_gguf(seed % 2 == 0 ? 2 : 3);
  if (size < 24 && whole.size() <= max_size) {
    std::memcpy(data, whole.data(), whole.size());
    return whole.size();
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pincer::test::parse_and_read(std::as_bytes(std::span(data, size)));
  return 0;
}
