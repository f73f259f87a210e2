#include "engine/model/packed_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/pool/pool_file.h"

namespace pincer {
namespace {

constexpr std::string_view kVersionKey = "pincer.packed.version";
constexpr std::string_view kFormatKey = "pincer.packed.weights";
constexpr std::string_view kTensorsKey = "pincer.packed.tensors";
constexpr std::string_view kImage = "pincer.packed";
constexpr std::int64_t kMaxDimension = std::int64_t{1} << 32;

// Value types of the format.
constexpr std::uint32_t kUint32 = 4, kString = 8, kArray = 9;

// Rows of the embedding are read from the file, not from the pool; norms and biases are small, and
// planning reads some.
bool stays(const gguf::Tensor& t) { return t.rows() == 1 || t.name == "token_embd.weight"; }

// "blk.0.attn_q.weight 576 576": the fastest dimension first.
std::string described(const gguf::Tensor& t) {
  std::string text = t.name;
  for (const std::int64_t dim : t.shape) text += fmt::format(" {}", dim);
  return text;
}

std::optional<gguf::Tensor> parse_described(std::string_view text) {
  gguf::Tensor t;
  const auto space = std::min(text.find(' '), text.size());
  t.name = text.substr(0, space);
  text.remove_prefix(space);
  while (!text.empty()) {
    std::int64_t dim = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + 1, end, dim);
    if (parsed.ec != std::errc() || dim < 1 || dim > kMaxDimension) return std::nullopt;
    if (parsed.ptr != end && *parsed.ptr != ' ') return std::nullopt;
    t.shape.push_back(dim);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  }
  if (t.name.empty() || t.shape.size() != 2 || stays(t)) return std::nullopt;
  return t;
}

class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    const auto* from = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), from, from + sizeof value);
    return *this;
  }
  Bytes& raw(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Bytes& text(std::string_view text) {
    return put(static_cast<std::uint64_t>(text.size())).raw(std::as_bytes(std::span(text)));
  }
  std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

void put_tensor(Bytes& out, std::string_view name, const std::vector<std::int64_t>& shape,
                gguf::TensorType type, std::int64_t offset) {
  out.text(name).put(static_cast<std::uint32_t>(shape.size()));
  for (const std::int64_t dim : shape) out.put(dim);
  out.put(type).put(offset);
}

std::int64_t info_bytes(std::string_view name, std::size_t dims) {
  return static_cast<std::int64_t>(8 + name.size() + 4 + 8 * dims + 4 + 8);
}

std::int64_t round_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

Error damaged(const gguf::File& file, std::string_view why) {
  return {ErrorCode::corrupt,
          fmt::format("{} is damaged: {}; make it again from the original file with "
                      "`pincer quantize`",
                      file.path().string(), why)};
}

}  // namespace

Result<std::optional<PackedFile>> read_packed_file(gguf::File& file) {
  const auto version = file.get_int(kVersionKey);
  if (!version) return std::optional<PackedFile>();
  if (*version != kPoolVersion) {
    return Error{ErrorCode::unsupported,
                 fmt::format("{} was made by another version of pincer (format {}, not {}); make "
                             "it again from the original file with `pincer quantize`",
                             file.path().string(), *version, kPoolVersion)};
  }
  const std::string* format = file.get_string(kFormatKey);
  const std::vector<std::string>* tensors = file.get_strings(kTensorsKey);
  const gguf::Tensor* image = file.tensor(kImage);
  if (format == nullptr || !find_weight_format(*format)) return damaged(file, "no weight format");
  if (tensors == nullptr) return damaged(file, "no list of tensors");
  if (image == nullptr) return damaged(file, "no packed weights");
  PackedFile packed;
  packed.format = *find_weight_format(*format);
  packed.image = {file.path(), file.offset_of(*image),
                  static_cast<std::int64_t>(image->data.size())};
  if (packed.image.offset % kImageAlign != 0) return damaged(file, "its weights are out of place");
  std::vector<gguf::Tensor> all;
  std::set<std::string, std::less<>> names;
  for (const gguf::Tensor& t : file.tensors()) {
    if (t.name != kImage && names.insert(t.name).second) all.push_back(t);
  }
  for (const std::string& text : *tensors) {
    auto t = parse_described(text);
    if (!t || !names.insert(t->name).second) {
      return damaged(file, fmt::format("'{}' describes no tensor", text.substr(0, 80)));
    }
    all.push_back(std::move(*t));
  }
  file.set_tensors(std::move(all));
  return std::optional(packed);
}

PackedHead packed_head(const gguf::File& source, WeightFormat format, std::int64_t image_bytes) {
  PackedHead head;
  std::vector<std::string> absent;
  for (const gguf::Tensor& t : source.tensors()) {
    if (stays(t)) {
      head.tensors.push_back(&t);
    } else {
      absent.push_back(described(t));
    }
  }
  constexpr std::uint64_t kOwnPairs = 3;
  Bytes out;
  out.raw(std::as_bytes(std::span<const char>("GGUF", 4))).put(source.version());
  out.put(static_cast<std::uint64_t>(head.tensors.size() + 1));
  out.put(source.metadata_pairs() + kOwnPairs).raw(source.metadata_bytes());
  out.text(kVersionKey).put(kUint32).put(kPoolVersion);
  out.text(kFormatKey).put(kString).text(name(format));
  out.text(kTensorsKey).put(kArray).put(kString).put(static_cast<std::uint64_t>(absent.size()));
  for (const std::string& text : absent) out.text(text);

  // Offsets count from the data's start, a multiple of the alignment, which the metadata may say.
  const std::int64_t align = source.get_int("general.alignment").value_or(32);
  std::int64_t infos = info_bytes(kImage, 1);
  for (const gguf::Tensor* t : head.tensors) infos += info_bytes(t->name, t->shape.size());
  const std::int64_t start = round_up(out.size() + infos, align);
  std::int64_t at = start;
  for (const gguf::Tensor* t : head.tensors) {
    put_tensor(out, t->name, t->shape, t->type, at - start);
    head.offsets.push_back(at);
    at = round_up(at + static_cast<std::int64_t>(t->data.size()), align);
  }
  head.image_offset = round_up(at, std::max(align, kImageAlign));
  put_tensor(out, kImage, {image_bytes / 4}, gguf::TensorType::f32, head.image_offset - start);
  head.bytes = out.take();
  return head;
}

}  // namespace pincer
