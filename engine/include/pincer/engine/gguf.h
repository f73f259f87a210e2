// GGUF v2/v3 reader over a read-only mapping. Every length, count and offset of the file is
// untrusted. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer::gguf {

enum class TensorType : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  iq4_nl = 20,
  iq4_xs = 23,
  bf16 = 30,
};
std::string_view type_name(TensorType type);   // "Q4_1"
std::int64_t block_elements(TensorType type);  // 1, 32 or 256
std::int64_t block_bytes(TensorType type);

// Expands `n` elements (a multiple of block_elements) from `src` to floats. Exact as ggml's own
// dequantization.
void dequantize(TensorType type, const std::byte* src, std::int64_t n, float* dst);

// A row-major matrix as the file holds it. shape[0] varies fastest: a weight of n outputs and k
// inputs is {k, n}.
struct Tensor {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;  // 1 to 4 dimensions, each >= 1
  std::span<const std::byte> data;  // inside the mapping, checked; not necessarily aligned
  std::int64_t cols() const { return shape.empty() ? 0 : shape[0]; }
  std::int64_t rows() const;  // product of the other dimensions
  // Row r (0 <= r < rows()) as cols() floats.
  void row(std::int64_t r, float* dst) const;
};

// Arrays are flat (nested arrays are refused as unsupported).
using Array = std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>,
                           std::vector<bool>>;
using Value = std::variant<std::int64_t, std::uint64_t, double, bool, std::string,
                           Array>;  // uint64 only above 2^63-1

class File {
 public:
  // Maps and checks `path`. Errors name the file and what is wrong with it. The size is that at
  // this moment: when the file shrinks afterwards the lost part reads as zeros, and lost() tells.
  // Replace model files by rename, never in place.
  static Result<File> open(const std::filesystem::path& path);
  // The same over bytes that the caller keeps alive: for tests and fuzzing. `name` appears in
  // errors.
  static Result<File> parse(std::span<const std::byte> bytes, std::string_view name);

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return bytes_.size(); }
  // Hints to the system about the pages that this process has read of the file (mapping/advice.h).
  void let_go() const;
  void cool() const;
  // A part that was read is no longer in the file: nothing that was read is to be trusted.
  bool lost() const;
  std::uint32_t version() const { return version_; }
  const std::map<std::string, Value, std::less<>>& metadata() const { return metadata_; }
  // Frees the metadata (a vocabulary is megabytes of strings); the tensors stay.
  void forget_metadata() { metadata_.clear(); }
  // The pairs as they stand in the file, and how many they are.
  std::span<const std::byte> metadata_bytes() const { return metadata_bytes_; }
  std::uint64_t metadata_pairs() const { return metadata_pairs_; }
  std::span<const Tensor> tensors() const { return tensors_; }
  // Where the file has a tensor's data.
  std::int64_t offset_of(const Tensor& tensor) const { return tensor.data.data() - bytes_.data(); }
  // Replaces the tensors by these, whose data may be elsewhere or nowhere.
  void set_tensors(std::vector<Tensor> tensors);
  const Tensor* tensor(std::string_view name) const;  // null when absent

  // Typed look-ups: absent is nullopt; present with another type, or out of range, is nullopt as
  // well.
  std::optional<std::int64_t> get_int(std::string_view key) const;  // any integer type
  std::optional<double> get_float(std::string_view key) const;      // any number
  std::optional<bool> get_bool(std::string_view key) const;
  const std::string* get_string(std::string_view key) const;
  const std::vector<std::string>* get_strings(std::string_view key) const;
  const std::vector<std::int64_t>* get_ints(std::string_view key) const;
  const std::vector<double>* get_floats(std::string_view key) const;

 private:
  std::shared_ptr<const void> mapping_;  // unmaps when the last copy goes
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
  std::uint32_t version_ = 0;
  std::map<std::string, Value, std::less<>> metadata_;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> tensor_index_;
  std::span<const std::byte> metadata_bytes_;
  std::uint64_t metadata_pairs_ = 0;
};

}  // namespace pincer::gguf
