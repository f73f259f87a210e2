// "%s and %(name)05d" % values
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/jinja/format.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

class PercentFormatter {
 public:
  PercentFormatter(Budget& budget, const Text& format, const Val& args)
      : budget_(budget), format_(format), bytes_(format.bytes()), args_(args) {}

  Text run() {
    budget_.spend_scan(format_.size());
    while (pos_ < bytes_.size()) {
      const std::size_t percent = std::min(bytes_.find('%', pos_), bytes_.size());
      add(format_.slice(pos_, percent));
      pos_ = percent;
      if (pos_ < bytes_.size()) conversion();
    }
    if (!all_used()) fail("not all arguments were used by the format");
    return std::move(out_);
  }

 private:
  // What has keys or indices may go unused.
  bool all_used() const {
    if (tuple() != nullptr) return used_ == tuple()->items.size();
    return used_ > 0 || args_.dict() != nullptr || args_.seq() != nullptr || args_.is<Undefined>();
  }

  const Seq* tuple() const {
    const Seq* seq = args_.seq();
    const bool is_tuple =
        seq != nullptr && (seq->kind == SeqKind::tuple || seq->kind == SeqKind::group);
    return is_tuple ? seq : nullptr;
  }

  void add(const Text& text) {
    budget_.spend_copy(text.size());
    out_.append(text);
    budget_.check_size(out_.size());
  }

  char take() {
    if (pos_ >= bytes_.size()) fail("incomplete format");
    return bytes_[pos_++];
  }

  Val next_arg() {
    if (const Seq* values = tuple()) {
      if (used_ >= values->items.size()) fail("not enough arguments for the format");
      return values->items[used_++];
    }
    if (used_++ > 0) fail("not enough arguments for the format");
    return args_;
  }

  Val named_arg() {
    const std::size_t close = bytes_.find(')', pos_);
    if (close == std::string_view::npos) fail("incomplete format key");
    const Dict* dict = args_.dict();
    if (dict == nullptr) fail("the format requires a dict");
    const std::string_view name = bytes_.substr(pos_, close - pos_);
    const Val* value = dict->find(name);
    if (value == nullptr) fail("the format's dict has no '" + std::string(name) + "'");
    pos_ = close + 1;
    return *value;
  }

  std::int64_t number() {
    if (bytes_.substr(pos_, 1) == "*") {
      ++pos_;
      const std::optional<std::int64_t> value = as_integer(next_arg());
      if (!value) fail("'*' in a format needs an integer");
      return std::clamp<std::int64_t>(*value, -INT32_MAX, INT32_MAX);
    }
    std::int64_t value = 0;
    while (pos_ < bytes_.size() && bytes_[pos_] >= '0' && bytes_[pos_] <= '9') {
      value = std::min<std::int64_t>(value * 10 + (bytes_[pos_++] - '0'), INT32_MAX);
    }
    return value;
  }

  void flags(FormatSpec& spec) {
    for (char flag = take();; flag = take()) {
      if (flag == '-') {
        spec.align = '<';
      } else if (flag == '+' || (flag == ' ' && spec.sign != '+')) {
        spec.sign = flag;
      } else if (flag == '0') {
        spec.fill = "0";
      } else if (flag == '#') {
        spec.alternate = true;
      } else if (flag != ' ') {
        --pos_;
        return;
      }
    }
  }

  void conversion() {
    const bool trusted = format_.trusted_at(pos_++);
    if (bytes_.substr(pos_, 1) == "%") {
      ++pos_;
      return add(Text("%", trusted));
    }
    std::optional<Val> value;
    if (bytes_.substr(pos_, 1) == "(") {
      ++pos_;
      value = named_arg();
    }
    FormatSpec spec;
    flags(spec);
    spec.width = number();
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (bytes_.substr(pos_, 1) == ".") {
      ++pos_;
      spec.precision = std::max<std::int64_t>(number(), 0);
    }
    const char type = take();
    if (!value) value = next_arg();
    add(convert(*value, type, spec));
  }

  Text convert(const Val& value, char type, FormatSpec spec) {
    constexpr std::string_view kIntegers = "diuxXo";
    constexpr std::string_view kFloats = "fFeEgG";
    if (type == 's' || type == 'r' || type == 'a') return text(value, type, spec);
    if (type == 'c') return pad(budget_, character(value), spec, '>');
    const std::optional<double> number = as_float(value);
    if (!number)
      fail("'%" + std::string(1, type) + "' needs a number, not '" + std::string(type_name(value)) +
           "'");
    if (spec.fill == "0" && spec.align == '\0') spec.align = '=';
    if (spec.align == '<') spec.fill = " ";
    if (kIntegers.find(type) != std::string_view::npos) {
      spec.type = type == 'i' || type == 'u' ? 'd' : type;
      spec.precision = -1;
      return format_value(budget_, whole(value, *number), spec);
    }
    if (kFloats.find(type) == std::string_view::npos) {
      fail("'%" + std::string(1, type) + "' is no format");
    }
    spec.type = type;
    return format_value(budget_, Val(*number), spec);
  }

  Text text(const Val& value, char type, FormatSpec spec) {
    spec.fill = " ";
    spec.type = 's';
    const Val shown = type == 's' ? Val(to_text(budget_, value)) : make_text(repr(budget_, value));
    if (spec.align == '\0') spec.align = '>';
    return format_value(budget_, shown, spec);
  }

  Text character(const Val& value) {
    if (const Text* text = value.text(); text != nullptr && count_chars(text->bytes()) == 1) {
      return *text;
    }
    constexpr std::int64_t kLast = 0x10FFFF;
    const std::optional<std::int64_t> code = as_integer(value);
    if (!code || *code < 0 || *code > kLast) fail("'%c' needs a character");
    const bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    std::string out;
    append_utf8(out, surrogate ? 0xFFFD : static_cast<char32_t>(*code));
    return Text(out, true);
  }

  static Val whole(const Val& value, double number) {
    if (!value.is<double>()) return value;
    constexpr double kLimit = 9223372036854775808.0;
    if (!(number > -kLimit && number < kLimit)) fail("the number does not fit an integer format");
    return static_cast<std::int64_t>(number);
  }

  Budget& budget_;
  const Text& format_;
  std::string_view bytes_;
  const Val& args_;
  std::size_t pos_ = 0;
  std::size_t used_ = 0;
  Text out_;
};

}  // namespace

Text format_percent(Budget& budget, const Text& format, const Val& args) {
  return PercentFormatter(budget, format, args).run();
}

}  // namespace pincer::jinja
