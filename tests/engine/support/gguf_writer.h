// Builds GGUF files in memory, right ones with GgufWriter and wrong ones byte by byte with
// ByteWriter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pincer/engine/gguf.h"

namespace pincer::test {

// Value types of the format's metadata.
enum class GgufType : std::uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64,
};

template <class T>
constexpr GgufType gguf_type() {
  if constexpr (std::is_same_v<T, bool>) return GgufType::boolean;
  if constexpr (std::is_same_v<T, std::uint8_t>) return GgufType::u8;
  if constexpr (std::is_same_v<T, std::int8_t>) return GgufType::i8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return GgufType::u16;
  if constexpr (std::is_same_v<T, std::int16_t>) return GgufType::i16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return GgufType::u32;
  if constexpr (std::is_same_v<T, std::int32_t>) return GgufType::i32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return GgufType::u64;
  if constexpr (std::is_same_v<T, std::int64_t>) return GgufType::i64;
  if constexpr (std::is_same_v<T, float>) return GgufType::f32;
  if constexpr (std::is_same_v<T, double>) return GgufType::f64;
  return GgufType::string;
}

// Little-endian bytes, one after the other.
class ByteWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  ByteWriter& put(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
    return *this;
  }
  ByteWriter& raw(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& raw(std::string_view text) { return raw(std::as_bytes(std::span(text))); }
  // A GGUF string: its length in 64 bits, then its bytes.
  ByteWriter& text(std::string_view text) {
    return put(static_cast<std::uint64_t>(text.size())).raw(text);
  }
  ByteWriter& pad_to_multiple(std::size_t alignment) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    return *this;
  }
  // The fixed start of a file.
  ByteWriter& header(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
    return raw("GGUF").put(version).put(tensors).put(keys);
  }

  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// A well-formed file, if its tensors are.
class GgufWriter {
 public:
  explicit GgufWriter(std::uint32_t version = 3) : version_(version) {}

  // A number of exactly T's type, or a bool.
  template <class T>
    requires std::is_arithmetic_v<T>
  GgufWriter& set(std::string_view key, T value) {
    begin_pair(key, gguf_type<T>()).put(value);
    return *this;
  }
  GgufWriter& set(std::string_view key, std::string_view value) {
    begin_pair(key, GgufType::string).text(value);
    return *this;
  }
  // Without this a literal would be a bool.
  GgufWriter& set(std::string_view key, const char* value) {
    return set(key, std::string_view(value));
  }

  template <class T>
  GgufWriter& set_array(std::string_view key, const std::vector<T>& values) {
    ByteWriter& out = begin_pair(key, GgufType::array)
                          .put(gguf_type<T>())
                          .put(static_cast<std::uint64_t>(values.size()));
    for (const T& value : values) {
      if constexpr (std::is_arithmetic_v<T>) {
        out.put(value);
      } else {
        out.text(value);
      }
    }
    return *this;
  }

  // The alignment of the tensor data; 32 unless this says otherwise.
  GgufWriter& align(std::uint32_t alignment) {
    alignment_ = alignment;
    return set("general.alignment", alignment);
  }

  // shape[0] varies fastest.
  GgufWriter& tensor(std::string_view name, gguf::TensorType type,
                     const std::vector<std::int64_t>& shape, std::span<const std::byte> data) {
    tensors_.push_back({std::string(name), type, shape, {data.begin(), data.end()}});
    return *this;
  }
  GgufWriter& tensor(std::string_view name, const std::vector<std::int64_t>& shape,
                     const std::vector<float>& values) {
    return tensor(name, gguf::TensorType::f32, shape, std::as_bytes(std::span(values)));
  }

  std::vector<std::byte> build() const {
    ByteWriter out;
    out.header(tensors_.size(), keys_, version_).raw(metadata_.bytes());
    ByteWriter data;
    for (const Tensor& tensor : tensors_) {
      out.text(tensor.name).put(static_cast<std::uint32_t>(tensor.shape.size()));
      for (const std::int64_t dim : tensor.shape) out.put(dim);
      data.pad_to_multiple(alignment_);
      out.put(tensor.type).put(static_cast<std::uint64_t>(data.bytes().size()));
      data.raw(tensor.data);
    }
    if (!tensors_.empty()) out.pad_to_multiple(alignment_).raw(data.bytes());
    return out.bytes();
  }

  void write(const std::filesystem::path& path) const {
    const std::vector<std::byte> bytes = build();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

 private:
  struct Tensor {
    std::string name;
    gguf::TensorType type;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> data;
  };

  ByteWriter& begin_pair(std::string_view key, GgufType type) {
    ++keys_;
    return metadata_.text(key).put(type);
  }

  std::uint32_t version_;
  std::uint32_t alignment_ = 32;
  std::uint64_t keys_ = 0;
  ByteWriter metadata_;
  std::vector<Tensor> tensors_;
};

}  // namespace pincer::test
