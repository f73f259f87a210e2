// Filters of HTML and URLs.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "engine/jinja/args.h"
#include "engine/jinja/filters.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"
#include "engine/jinja/search.h"
#include "engine/jinja/text_parts.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

// Percent-encodes all but unreserved characters and those in `safe`.
void append_quoted(Budget& budget, Text& out, const Text& text, std::string_view safe) {
  budget.spend_scan(4 * text.size());  // a byte may become three, each of them formatted
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text.bytes()[i]);
    const bool kept = (byte < 0x80 && is_word(byte)) || byte == '-' || byte == '.' || byte == '~' ||
                      safe.find(static_cast<char>(byte)) != std::string_view::npos;
    if (kept) {
      out.append(text, i, i + 1);
    } else {
      char escape[4];
      std::snprintf(escape, sizeof(escape), "%%%02X", byte);
      out.append(escape, text.trusted_at(i));
    }
  }
  budget.check_size(out.size());
}

// In a query string a space is a plus sign.
void append_form_value(Budget& budget, Text& out, const Val& value) {
  Text quoted;
  append_quoted(budget, quoted, *to_text(budget, value), "");
  out.append(replace(budget, quoted, Text("%20", true), Text("+", true), -1));
}

// The text without its tags and comments; an unclosed one stays.
Text remove_tags(Budget& budget, const Text& text) {
  const std::string_view bytes = text.bytes();
  Text out;
  std::size_t pos = 0;
  while (true) {
    const std::size_t start = find_bytes(budget, bytes, "<", pos);
    if (start == std::string_view::npos) break;
    const bool comment = bytes.substr(start, 4) == "<!--";
    const std::string_view close = comment ? "-->" : ">";
    const std::size_t end = find_bytes(budget, bytes, close, comment ? start + 4 : start);
    if (end == std::string_view::npos) break;
    out.append(text, pos, start);
    pos = end + close.size();
  }
  out.append(text, pos, bytes.size());
  return out;
}

// What "&amp;" or "&#39;" stands for; `name` is between the '&' and the ';'.
std::string entity_text(std::string_view name) {
  if (name == "amp") return "&";
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "quot") return "\"";
  if (name.size() < 2 || name[0] != '#') return {};
  const bool hex = name[1] == 'x' || name[1] == 'X';
  const std::string_view digits = name.substr(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto parsed =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  const bool character =
      whole && code >= 0x20 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  std::string out;
  if (character) append_utf8(out, code);
  return out;
}

// Numeric entities and the five of XML. HTML has 2000 more, which stay as they are.
Text unescape_html(Budget& budget, const Text& text) {
  budget.spend_scan(text.size());
  const std::string_view bytes = text.bytes();
  Text out;
  std::size_t copied = 0;
  for (std::size_t at = bytes.find('&'); at != std::string_view::npos;
       at = bytes.find('&', at + 1)) {
    constexpr std::size_t kLongestName = 10;
    const std::size_t length = bytes.substr(at + 1, kLongestName).find(';');
    if (length == std::string_view::npos) continue;
    const std::string replacement = entity_text(bytes.substr(at + 1, length));
    if (replacement.empty()) continue;
    out.append(text, copied, at);
    out.append(replacement, text.trusted_at(at));
    copied = at + length + 2;
  }
  out.append(text, copied, bytes.size());
  return out;
}

}  // namespace

Val filter_safe(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("safe", args, {});
  Text text = *to_text(r.budget(), input);
  r.budget().spend_copy(text.size());
  text.set_markup(true);
  return make_text(std::move(text));
}

Val filter_escape(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("escape", args, {});
  const TextRef text = to_text(r.budget(), input);
  return text->is_markup() ? Val(text) : make_text(escape_html(r.budget(), *text));
}

Val filter_forceescape(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("forceescape", args, {});
  return make_text(escape_html(r.budget(), *to_text(r.budget(), input)));
}

Val filter_urlencode(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("urlencode", args, {});
  Text out;
  const bool pairs = input.dict() != nullptr || input.seq() != nullptr;
  if (!pairs) {
    append_quoted(r.budget(), out, *to_text(r.budget(), input), "/");
    return make_text(std::move(out));
  }
  const Val items = input.dict() != nullptr
                        ? make_items_view(r.budget(), *input.dict(), SeqKind::items_view)
                        : input;
  for (const Val& item : each(r.budget(), items)) {
    const SeqRef pair = iterate(r.budget(), item);
    if (pair->items.size() != 2) fail("'urlencode' takes pairs of a name and a value");
    if (!out.empty()) out.append("&", true);
    append_form_value(r.budget(), out, pair->items[0]);
    out.append("=", true);
    append_form_value(r.budget(), out, pair->items[1]);
  }
  return make_text(std::move(out));
}

Val filter_striptags(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("striptags", args, {});
  const Text plain = remove_tags(r.budget(), *to_text(r.budget(), input));
  Text out;
  for (const Text& word : split(r.budget(), plain, nullptr, -1, false)) {
    if (!out.empty()) out.append(" ", true);
    out.append(word);
  }
  return make_text(unescape_html(r.budget(), out));
}

}  // namespace pincer::jinja
