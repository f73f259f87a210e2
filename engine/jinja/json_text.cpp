#include "engine/jinja/json_text.h"

#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "engine/jinja/merge_sort.h"
#include "engine/jinja/number_text.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

std::string_view short_escape(char32_t c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\f':
      return "\\f";
    case '\b':
      return "\\b";
    default:
      return {};
  }
}

std::string unit_escape(unsigned unit) {
  char buffer[8];
  std::snprintf(buffer, sizeof(buffer), "\\u%04x", unit & 0xFFFFU);
  return buffer;
}

std::string unicode_escape(char32_t c) {
  if (c < 0x10000) return unit_escape(c);
  const char32_t rest = c - 0x10000;
  return unit_escape(0xD800 + (rest >> 10)) + unit_escape(0xDC00 + (rest & 0x3FF));
}

std::string json_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return float_repr(value);
}

class JsonWriter {
 public:
  JsonWriter(Budget& budget, const JsonStyle& style) : budget_(budget), style_(style) {}

  Text run(const Val& value) {
    write(value);
    return std::move(out_);
  }

 private:
  void write(const Val& value) {
    budget_.spend(1);
    if (const Text* text = value.text()) return write_text(*text);
    if (const Dict* dict = value.dict()) return write_dict(*dict);
    const Seq* seq = value.seq();
    const bool array =
        seq != nullptr &&
        (seq->kind == SeqKind::list || seq->kind == SeqKind::tuple || seq->kind == SeqKind::group);
    if (array) return write_array(seq->items);
    const std::optional<std::string> word = scalar(value);
    if (!word) fail("'" + std::string(type_name(value)) + "' cannot be written as JSON");
    add(*word);
  }

  static std::optional<std::string> scalar(const Val& value) {
    if (value.is<None>()) return "null";
    if (const bool* flag = value.get<bool>()) return *flag ? "true" : "false";
    if (const auto* number = value.get<std::int64_t>()) return std::to_string(*number);
    if (const double* number = value.get<double>()) return json_float(*number);
    return std::nullopt;
  }

  void write_array(const std::vector<Val>& items) {
    if (items.empty()) return add("[]");
    add("[");
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      separate(i == 0);
      write(items[i]);
    }
    --level_;
    new_line();
    add("]");
  }

  void write_dict(const Dict& dict) {
    if (dict.size() == 0) return add("{}");
    add("{");
    ++level_;
    bool first = true;
    for (const auto* entry : ordered(dict)) {
      separate(std::exchange(first, false));
      write_key(entry->first);
      add(style_.key_separator);
      write(entry->second);
    }
    --level_;
    new_line();
    add("}");
  }

  std::vector<const Dict::Entry*> ordered(const Dict& dict) {
    std::vector<const Dict::Entry*> entries;
    budget_.spend_items(dict.size());
    for (const Dict::Entry& entry : dict.entries()) entries.push_back(&entry);
    if (style_.sort_keys) {
      merge_sort(entries, [this](const auto* a, const auto* b) {
        return less(budget_, a->first, b->first);
      });
    }
    return entries;
  }

  void write_key(const Val& key) {
    if (const Text* text = key.text()) return write_text(*text);
    const std::optional<std::string> word = scalar(key);
    if (!word) fail("'" + std::string(type_name(key)) + "' cannot be a key in JSON");
    add("\"" + *word + "\"");
  }

  void write_text(const Text& text) {
    budget_.spend_scan(text.size());
    add("\"");
    const std::string_view bytes = text.bytes();
    std::size_t copied = 0;
    for (std::size_t pos = 0; pos < bytes.size();) {
      const Char c = char_at(bytes, pos);
      std::string escape(short_escape(c.value));
      if (escape.empty() && (c.value < 0x20 || (style_.ensure_ascii && c.value > 0x7E))) {
        escape = unicode_escape(c.value);
      }
      if (!escape.empty()) {
        out_.append(text, copied, pos);
        out_.append(escape, text.trusted_at(pos));
        budget_.check_size(out_.size());
        copied = pos + c.length;
      }
      pos += c.length;
    }
    out_.append(text, copied, bytes.size());
    add("\"");
  }

  void separate(bool first) {
    if (!first) add(style_.item_separator);
    new_line();
  }

  void new_line() {
    if (!style_.indent) return;
    add("\n");
    for (int i = 0; i < level_; ++i) add(*style_.indent);
  }

  void add(std::string_view text) {
    budget_.spend_copy(text.size());
    out_.append(text, true);
    budget_.check_size(out_.size());
  }

  Budget& budget_;
  const JsonStyle& style_;
  Text out_;
  int level_ = 0;
};

}  // namespace

Text to_json(Budget& budget, const Val& value, const JsonStyle& style) {
  return JsonWriter(budget, style).run(value);
}

}  // namespace pincer::jinja
