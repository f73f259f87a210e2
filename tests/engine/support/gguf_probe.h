// For mutated files: what a good one would be used for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pincer/engine/gguf.h"
#include "tests/engine/support/gguf_writer.h"

namespace pincer::test {

// A small file with every kind of value and every tensor type.
inline std::vector<std::byte> varied_gguf(std::uint32_t version = 3) {
  GgufWriter writer(version);
  writer.set("u8", std::uint8_t{1}).set("i64", std::int64_t{-1}).set("u64", ~std::uint64_t{0});
  writer.set("f32", 0.5f).set("f64", 0.25).set("yes", true).set("text", "some text");
  writer.set_array<std::string>("words", {"one", "", "three"});
  writer.set_array<std::int16_t>("ints", {1, -2, 3}).set_array<float>("floats", {1, 2});
  writer.align(16);
  for (const auto type : {gguf::TensorType::f32, gguf::TensorType::f16, gguf::TensorType::bf16,
                          gguf::TensorType::q8_0, gguf::TensorType::q4_0, gguf::TensorType::q4_1,
                          gguf::TensorType::q4_k, gguf::TensorType::q5_k, gguf::TensorType::q6_k}) {
    const std::vector<std::byte> data(static_cast<std::size_t>(2 * gguf::block_bytes(type)),
                                      std::byte{0x35});
    writer.tensor(gguf::type_name(type), type, {gguf::block_elements(type), 2, 1}, data);
  }
  return writer.build();
}

// Whether `bytes` are a file. Reads the first and the last row of every tensor, so that a sanitizer
// sees what a wrong check would let through.
inline bool parse_and_read(std::span<const std::byte> bytes) {
  const Result<gguf::File> file = gguf::File::parse(bytes, "mutated.gguf");
  if (!file) return false;
  std::vector<float> row;
  for (const gguf::Tensor& tensor : file->tensors()) {
    row.resize(static_cast<std::size_t>(tensor.cols()));
    tensor.row(0, row.data());
    tensor.row(tensor.rows() - 1, row.data());
  }
  return true;
}

}  // namespace pincer::test
