#include <utility>

#include "engine/gguf/cursor.h"
#include "engine/gguf/mapping.h"
#include "engine/gguf/messages.h"
#include "engine/gguf/metadata.h"
#include "engine/gguf/signature.h"
#include "engine/gguf/tensors.h"
#include "engine/mapping/advice.h"
#include "engine/mapping/loss_guard.h"
#include "pincer/engine/gguf.h"

namespace pincer::gguf {
namespace {

struct Contents {
  std::uint32_t version = 0;
  Metadata metadata;
  std::span<const std::byte> metadata_bytes;
  std::uint64_t metadata_pairs = 0;
  std::vector<Tensor> tensors;
};

// Errors do not name the file.
Result<Contents> read_contents(std::span<const std::byte> bytes) {
  Contents contents;
  Cursor in(bytes);
  const Result<std::uint32_t> version = read_signature(in, bytes);
  if (!version) return version.error();
  contents.version = *version;
  const Result<std::uint64_t> tensor_count = in.read<std::uint64_t>();
  if (!tensor_count) return in_context("tensor count", tensor_count.error());
  const Result<std::uint64_t> key_count = in.read<std::uint64_t>();
  if (!key_count) return in_context("metadata count", key_count.error());

  const std::uint64_t begin = in.position();
  Result<Metadata> metadata = read_metadata(in, *key_count);
  if (!metadata) return metadata.error();
  contents.metadata_bytes = bytes.subspan(begin, in.position() - begin);
  contents.metadata_pairs = *key_count;
  contents.metadata = std::move(metadata).value();
  if (Result<void> whole = check_not_split(contents.metadata); !whole) return whole.error();
  const Result<std::uint64_t> align = alignment(contents.metadata);
  if (!align) return align.error();

  Result<std::vector<Tensor>> tensors = read_tensors(in, *tensor_count, *align, bytes);
  if (!tensors) return tensors.error();
  contents.tensors = std::move(tensors).value();
  return contents;
}

// The value of `key` if it is there and is a T.
template <class T>
const T* look_up(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : std::get_if<T>(&found->second);
}

template <class T>
const std::vector<T>* look_up_array(const Metadata& metadata, std::string_view key) {
  const Array* array = look_up<Array>(metadata, key);
  return array == nullptr ? nullptr : std::get_if<std::vector<T>>(array);
}

}  // namespace

Result<File> File::open(const std::filesystem::path& path) {
  Result<Mapping> mapping = map_file(path);
  if (!mapping) return in_context(file_name(path.native()), mapping.error());
  Result<File> file = parse(mapping->bytes, path.native());
  if (file) file->mapping_ = std::move(mapping->owner);
  return file;
}

Result<File> File::parse(std::span<const std::byte> bytes, std::string_view name) {
  Result<Contents> contents = read_contents(bytes);
  if (!contents) return in_context(file_name(name), contents.error());
  File file;
  file.path_ = name;
  file.bytes_ = bytes;
  file.version_ = contents->version;
  file.metadata_ = std::move(contents->metadata);
  file.metadata_bytes_ = contents->metadata_bytes;
  file.metadata_pairs_ = contents->metadata_pairs;
  file.set_tensors(std::move(contents->tensors));
  return file;
}

void File::set_tensors(std::vector<Tensor> tensors) {
  tensors_ = std::move(tensors);
  tensor_index_.clear();
  for (std::size_t i = 0; i < tensors_.size(); ++i) tensor_index_.emplace(tensors_[i].name, i);
}

void File::let_go() const {
  if (mapping_) pincer::let_go(std::as_bytes(bytes_));
}

void File::cool() const {
  if (mapping_) advise_cold(std::as_bytes(bytes_));
}

bool File::lost() const { return LossGuard::lost_at(bytes_.data()); }

const Tensor* File::tensor(std::string_view name) const {
  const auto found = tensor_index_.find(name);
  return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

std::optional<std::int64_t> File::get_int(std::string_view key) const {
  if (const auto* value = look_up<std::int64_t>(metadata_, key)) return *value;
  return std::nullopt;
}

std::optional<double> File::get_float(std::string_view key) const {
  if (const auto* value = look_up<double>(metadata_, key)) return *value;
  if (const auto* value = look_up<std::int64_t>(metadata_, key)) return static_cast<double>(*value);
  if (const auto* value = look_up<std::uint64_t>(metadata_, key)) {
    return static_cast<double>(*value);
  }
  return std::nullopt;
}

std::optional<bool> File::get_bool(std::string_view key) const {
  if (const auto* value = look_up<bool>(metadata_, key)) return *value;
  return std::nullopt;
}

const std::string* File::get_string(std::string_view key) const {
  return look_up<std::string>(metadata_, key);
}

const std::vector<std::string>* File::get_strings(std::string_view key) const {
  return look_up_array<std::string>(metadata_, key);
}

const std::vector<std::int64_t>* File::get_ints(std::string_view key) const {
  return look_up_array<std::int64_t>(metadata_, key);
}

const std::vector<double>* File::get_floats(std::string_view key) const {
  return look_up_array<double>(metadata_, key);
}

}  // namespace pincer::gguf
