#include "engine/gguf/metadata.h"

#include <bit>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace pincer::gguf {
namespace {

enum class ValueType : std::uint32_t {
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

constexpr std::uint64_t kMaxKeyBytes = 65535;  // the format's own limit
constexpr std::uint64_t kMaxKeys = 65536;      // real files have fewer than a hundred
// Of all arrays of a file together. The largest vocabularies need about two million: tokens, types,
// scores and merges.
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 24;

// Bytes that one value takes in the file at least; nullopt for a type that the format does not
// have.
std::optional<std::uint64_t> min_bytes(ValueType type) {
  switch (type) {
    case ValueType::u8:
    case ValueType::i8:
    case ValueType::boolean:
      return 1;
    case ValueType::u16:
    case ValueType::i16:
      return 2;
    case ValueType::u32:
    case ValueType::i32:
    case ValueType::f32:
      return 4;
    case ValueType::string:
    case ValueType::u64:
    case ValueType::i64:
    case ValueType::f64:
      return 8;
    case ValueType::array:
      return 12;
  }
  return std::nullopt;
}

// One value of the file's type T as the type that holds it in memory.
template <class T, class Out>
Result<Out> read_one(Cursor& in) {
  const Result<T> value = in.read<T>();
  if (!value) return value.error();
  if constexpr (std::is_same_v<T, std::uint64_t> && std::is_same_v<Out, std::int64_t>) {
    if (*value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return unsupported("array element " + std::to_string(*value) + " is above 2^63-1");
    }
  }
  return static_cast<Out>(*value);
}

Result<bool> read_bool(Cursor& in) {
  const Result<std::uint8_t> value = in.read<std::uint8_t>();
  if (!value) return value.error();
  if (*value > 1) {
    return corrupt("a boolean has the value " + std::to_string(*value) + " instead of 0 or 1");
  }
  return *value == 1;
}

Result<std::string> read_text(Cursor& in) {
  const Result<std::string_view> text = in.read_string(std::numeric_limits<std::uint64_t>::max());
  if (!text) return text.error();
  return std::string(*text);
}

Result<Value> read_u64(Cursor& in) {
  const Result<std::uint64_t> value = in.read<std::uint64_t>();
  if (!value) return value.error();
  if (*value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Value(static_cast<std::int64_t>(*value));
  }
  return Value(*value);
}

template <class T>
Result<Value> as_value(Result<T> item) {
  if (!item) return item.error();
  Value value = std::move(item).value();
  return value;
}

template <class T>
Result<Value> read_items(Cursor& in, std::uint64_t count, Result<T> (*read)(Cursor&)) {
  std::vector<T> items;
  items.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    Result<T> item = read(in);
    if (!item) return in_context("element " + std::to_string(i), item.error());
    items.push_back(std::move(item).value());
  }
  return Value(Array(std::move(items)));
}

class MetadataReader {
 public:
  explicit MetadataReader(Cursor& in) : in_(in) {}

  Result<Value> read_value() {
    const Result<std::uint32_t> id = in_.read<std::uint32_t>();
    if (!id) return id.error();
    switch (const auto type = static_cast<ValueType>(*id)) {
      case ValueType::array:
        return read_array();
      case ValueType::string:
        return as_value(read_text(in_));
      case ValueType::boolean:
        return as_value(read_bool(in_));
      case ValueType::u64:
        return read_u64(in_);
      case ValueType::f32:
        return as_value(read_one<float, double>(in_));
      case ValueType::f64:
        return as_value(read_one<double, double>(in_));
      default:
        return read_integer(type);
    }
  }

 private:
  Result<Value> read_integer(ValueType type) {
    switch (type) {
      case ValueType::u8:
        return as_value(read_one<std::uint8_t, std::int64_t>(in_));
      case ValueType::i8:
        return as_value(read_one<std::int8_t, std::int64_t>(in_));
      case ValueType::u16:
        return as_value(read_one<std::uint16_t, std::int64_t>(in_));
      case ValueType::i16:
        return as_value(read_one<std::int16_t, std::int64_t>(in_));
      case ValueType::u32:
        return as_value(read_one<std::uint32_t, std::int64_t>(in_));
      case ValueType::i32:
        return as_value(read_one<std::int32_t, std::int64_t>(in_));
      case ValueType::i64:
        return as_value(read_one<std::int64_t, std::int64_t>(in_));
      default:
        return unknown_type(type);
    }
  }

  Result<Value> read_array() {
    const Result<std::uint32_t> id = in_.read<std::uint32_t>();
    if (!id) return id.error();
    const Result<std::uint64_t> count = in_.read<std::uint64_t>();
    if (!count) return count.error();
    const auto type = static_cast<ValueType>(*id);
    if (Result<void> fits = check_array(type, *count); !fits) return fits.error();
    elements_ += *count;
    switch (type) {
      case ValueType::u8:
        return read_items(in_, *count, read_one<std::uint8_t, std::int64_t>);
      case ValueType::i8:
        return read_items(in_, *count, read_one<std::int8_t, std::int64_t>);
      case ValueType::u16:
        return read_items(in_, *count, read_one<std::uint16_t, std::int64_t>);
      case ValueType::i16:
        return read_items(in_, *count, read_one<std::int16_t, std::int64_t>);
      case ValueType::u32:
        return read_items(in_, *count, read_one<std::uint32_t, std::int64_t>);
      case ValueType::i32:
        return read_items(in_, *count, read_one<std::int32_t, std::int64_t>);
      case ValueType::u64:
        return read_items(in_, *count, read_one<std::uint64_t, std::int64_t>);
      case ValueType::i64:
        return read_items(in_, *count, read_one<std::int64_t, std::int64_t>);
      case ValueType::f32:
        return read_items(in_, *count, read_one<float, double>);
      case ValueType::f64:
        return read_items(in_, *count, read_one<double, double>);
      case ValueType::boolean:
        return read_items(in_, *count, read_bool);
      case ValueType::string:
        return read_items(in_, *count, read_text);
      case ValueType::array:
        break;  // refused by check_array
    }
    return unknown_type(type);
  }

  Result<void> check_array(ValueType type, std::uint64_t count) const {
    const std::optional<std::uint64_t> size = min_bytes(type);
    if (!size) return unknown_type(type);
    if (type == ValueType::array) return unsupported("an array of arrays cannot be read");
    if (count > in_.remaining() / *size) {
      return corrupt("an array of " + std::to_string(count) + " elements of at least " +
                     std::to_string(*size) + " bytes, but only " + std::to_string(in_.remaining()) +
                     " bytes are left; the file is truncated or damaged, download it again");
    }
    if (count > kMaxElements - elements_) {
      return over_limit("an array of " + std::to_string(count) + " elements after " +
                        std::to_string(elements_) + " in other arrays; at most " +
                        std::to_string(kMaxElements) + " in all are read");
    }
    return {};
  }

  static Error unknown_type(ValueType type) {
    return corrupt("value type " + std::to_string(static_cast<std::uint32_t>(type)) +
                   " is unknown; GGUF has 0 to 12");
  }

  Cursor& in_;
  std::uint64_t elements_ = 0;  // of all arrays so far, <= kMaxElements
};

// An integer that must fit a signed 64-bit one; nullopt when the key is absent, an error when it
// holds something else.
Result<std::optional<std::int64_t>> integer(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::optional<std::int64_t>();
  if (const auto* value = std::get_if<std::int64_t>(&found->second)) return std::optional(*value);
  return corrupt("metadata key " + in_quotes(key) + " does not hold an integer below 2^63");
}

}  // namespace

Result<Metadata> read_metadata(Cursor& in, std::uint64_t count) {
  constexpr std::uint64_t kMinPairBytes = 8 + 1 + 4 + 1;  // a key of one byte and a boolean
  if (count > in.remaining() / kMinPairBytes) {
    return corrupt(std::to_string(count) + " metadata keys, but the " +
                   std::to_string(in.remaining()) + " bytes left can hold at most " +
                   std::to_string(in.remaining() / kMinPairBytes) +
                   "; the file is truncated or damaged, download it again");
  }
  if (count > kMaxKeys) {
    return over_limit(std::to_string(count) + " metadata keys; at most " +
                      std::to_string(kMaxKeys) + " are read");
  }
  Metadata metadata;
  MetadataReader reader(in);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Result<std::string_view> key = in.read_string(kMaxKeyBytes);
    if (!key) return in_context("metadata key " + std::to_string(i), key.error());
    if (key->empty()) return corrupt("metadata key " + std::to_string(i) + " is empty");
    Result<Value> value = reader.read_value();
    if (!value) return in_context("metadata key " + in_quotes(*key), value.error());
    if (!metadata.emplace(*key, std::move(value).value()).second) {
      return corrupt("metadata key " + in_quotes(*key) + " occurs twice");
    }
  }
  return metadata;
}

Result<std::uint64_t> alignment(const Metadata& metadata) {
  constexpr std::int64_t kDefault = 32;
  constexpr std::int64_t kMin = 8;
  constexpr std::int64_t kMax = 1 << 20;
  const auto found = integer(metadata, "general.alignment");
  if (!found) return found.error();
  const std::int64_t value = found->value_or(kDefault);
  if (value < kMin || value > kMax || !std::has_single_bit(static_cast<std::uint64_t>(value))) {
    return corrupt("general.alignment is " + std::to_string(value) +
                   "; it must be a power of two from " + std::to_string(kMin) + " to " +
                   std::to_string(kMax));
  }
  return static_cast<std::uint64_t>(value);
}

Result<void> check_not_split(const Metadata& metadata) {
  const auto count = integer(metadata, "split.count");
  if (!count) return count.error();
  if (count->value_or(1) <= 1) return {};
  return unsupported("is one of " + std::to_string(**count) +
                     " parts of a split model (split.count), which are not read; merge them with "
                     "`llama-gguf-split --merge` or use an unsplit file");
}

}  // namespace pincer::gguf
