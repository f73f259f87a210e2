// str() and repr().
#include <cstdio>

#include "engine/jinja/budget.h"
#include "engine/jinja/number_text.h"
#include "engine/jinja/objects.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

std::string hex_escape(char32_t c) {
  char buffer[16];
  const auto value = static_cast<unsigned>(c);
  const char* format = value > 0xFFFF ? "\\U%08x" : value > 0xFF ? "\\u%04x" : "\\x%02x";
  std::snprintf(buffer, sizeof(buffer), format, value);
  return buffer;
}

void append_quoted(Budget& budget, Text& out, const Text& text) {
  budget.spend_scan(text.size());
  const std::string_view bytes = text.bytes();
  const bool apostrophe = bytes.find('\'') != std::string_view::npos;
  const char quote = apostrophe && bytes.find('"') == std::string_view::npos ? '"' : '\'';
  const std::string_view quote_text(&quote, 1);
  out.append(quote_text, true);
  for (std::size_t pos = 0; pos < bytes.size();) {
    const Char c = char_at(bytes, pos);
    const bool trusted = text.trusted_at(pos);
    if (c.value == static_cast<char32_t>(quote) || c.value == '\\') {
      out.append("\\", trusted);
      out.append(bytes.substr(pos, 1), trusted);
    } else if (c.value == '\n') {
      out.append("\\n", trusted);
    } else if (c.value == '\r') {
      out.append("\\r", trusted);
    } else if (c.value == '\t') {
      out.append("\\t", trusted);
    } else if (c.value == ' ' || is_printable(c.value)) {
      out.append(bytes.substr(pos, c.length), trusted);
    } else {
      out.append(hex_escape(c.value), trusted);
    }
    pos += c.length;
  }
  out.append(quote_text, true);
  budget.check_size(out.size());
}

class ReprWriter {
 public:
  ReprWriter(Budget& budget, Text& out) : budget_(budget), out_(out) {}

  void write(const Val& value) {
    budget_.spend(1);
    budget_.check_depth(++depth_);  // namespaces may contain themselves
    std::visit([this](const auto& alternative) { write_one(alternative); }, value.data());
    --depth_;
  }

 private:
  void write_one(const Undefined&) { add("Undefined"); }
  void write_one(const None&) { add("None"); }
  void write_one(bool value) { add(value ? "True" : "False"); }
  void write_one(std::int64_t value) { add(std::to_string(value)); }
  void write_one(double value) { add(float_repr(value)); }
  void write_one(const TextRef& text) { append_quoted(budget_, out_, *text); }
  void write_one(const SeqRef& seq) {
    switch (seq->kind) {
      case SeqKind::list:
        return write_items("[", seq->items, "]");
      case SeqKind::tuple:
      case SeqKind::group:
        return write_items("(", seq->items, seq->items.size() == 1 ? ",)" : ")");
      case SeqKind::range:
        return add(seq->label);
      case SeqKind::generator:
        return add("<generator>");
      case SeqKind::items_view:
        return write_items("dict_items([", seq->items, "])");
      case SeqKind::keys_view:
        return write_items("dict_keys([", seq->items, "])");
      case SeqKind::values_view:
        return write_items("dict_values([", seq->items, "])");
    }
  }
  void write_one(const DictRef& dict) { write_dict(*dict); }
  void write_one(const FunctionRef& function) { add("<function " + function->name + ">"); }
  void write_one(const Namespace* object) {
    add("<Namespace ");
    write_dict(object->attributes);
    add(">");
  }
  void write_one(const Macro* macro) {
    add(macro->def->name.empty() ? "<Macro anonymous>" : "<Macro '" + macro->def->name + "'>");
  }
  void write_one(const Loop* loop) {
    const std::int64_t length =
        loop->length.value_or(static_cast<std::int64_t>(loop->items->items.size()));
    add("<LoopContext " + std::to_string(loop->index0 + 1) + "/" + std::to_string(length) + ">");
  }
  void write_one(const Cycler*) { add("<Cycler>"); }
  void write_one(const Joiner*) { add("<Joiner>"); }

  void write_items(std::string_view open, const std::vector<Val>& items, std::string_view close) {
    add(open);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) add(", ");
      write(items[i]);
    }
    add(close);
  }

  void write_dict(const Dict& dict) {
    add("{");
    bool first = true;
    for (const auto& [key, value] : dict.entries()) {
      if (!first) add(", ");
      first = false;
      write(key);
      add(": ");
      write(value);
    }
    add("}");
  }

  void add(std::string_view text) {
    out_.append(text, true);
    budget_.check_size(out_.size());
  }

  Budget& budget_;
  Text& out_;
  int depth_ = 0;
};

}  // namespace

Text repr(Budget& budget, const Val& value) {
  Text out;
  ReprWriter(budget, out).write(value);
  return out;
}

TextRef to_text(Budget& budget, const Val& value) {
  if (const TextRef* text = value.get<TextRef>()) return *text;
  if (value.is<Undefined>()) return std::make_shared<const Text>();
  return std::make_shared<const Text>(repr(budget, value));
}

}  // namespace pincer::jinja
