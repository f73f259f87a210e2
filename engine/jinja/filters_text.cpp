// Filters of text.
#include <algorithm>

#include "engine/jinja/args.h"
#include "engine/jinja/filters.h"
#include "engine/jinja/format.h"
#include "engine/jinja/json_text.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"
#include "engine/jinja/text_case.h"
#include "engine/jinja/text_parts.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

template <Text (*Convert)(Budget&, const Text&)>
Val converted(Renderer& r, const Val& input, FilterArgs args, std::string_view name) {
  const Arguments a(name, args, {});
  return make_text(Convert(r.budget(), *to_text(r.budget(), input)));
}

const Text& require_text(const Val& input, std::string_view name) {
  if (input.is<Undefined>()) fail_undefined(input);
  if (input.text() == nullptr) {
    fail("'" + std::string(name) + "' takes a string, not '" + std::string(type_name(input)) + "'");
  }
  return *input.text();
}

}  // namespace

Val filter_upper(Renderer& r, const Val& input, FilterArgs args) {
  return converted<upper>(r, input, args, "upper");
}
Val filter_lower(Renderer& r, const Val& input, FilterArgs args) {
  return converted<lower>(r, input, args, "lower");
}
Val filter_title(Renderer& r, const Val& input, FilterArgs args) {
  return converted<title_filter>(r, input, args, "title");
}
Val filter_capitalize(Renderer& r, const Val& input, FilterArgs args) {
  return converted<capitalize>(r, input, args, "capitalize");
}

Val filter_trim(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("trim", args, {"chars"});
  return make_text(strip(r.budget(), *to_text(r.budget(), input), a.find_text(0), true, true));
}

Val filter_replace(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("replace", args, {"old", "new", "count"}, 2);
  const TextRef old = to_text(r.budget(), a.at(0));
  const TextRef with = to_text(r.budget(), a.at(1));
  const bool limited = a.find(2) != nullptr && !a.at(2).is<None>();
  const std::int64_t most = limited ? a.integer(2, -1) : -1;
  return make_text(replace(r.budget(), *to_text(r.budget(), input), *old, *with, most));
}

Val filter_indent(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("indent", args, {"width", "first", "blank"});
  const Text& text = require_text(input, "indent");
  const bool given = a.find(0) != nullptr && a.at(0).text() != nullptr;
  const Text indention =
      given ? *a.at(0).text() : repeat(r.budget(), Text(" ", true), a.integer(0, 4));
  const bool blank = a.flag(2);
  // A newline at the end counts as the begin of one more, empty line.
  Text ended = text;
  ended.append("\n", true);
  Text out;
  if (a.flag(1)) out.append(indention);
  bool first = true;
  for (const Text& line : split_lines(r.budget(), ended, false)) {
    if (!first) {
      out.append("\n", true);
      if (blank || !line.empty()) out.append(indention);
    }
    first = false;
    out.append(line);
    r.budget().spend_copy(indention.size());
    r.budget().check_size(out.size());
  }
  return make_text(std::move(out));
}

Val filter_center(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("center", args, {"width"});
  return make_text(center(r.budget(), *to_text(r.budget(), input), a.integer(0, 80), nullptr));
}

Val filter_truncate(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("truncate", args, {"length", "killwords", "end", "leeway"});
  const std::int64_t most = a.integer(0, 255);
  const Text dots("...", true);
  const Text& end = a.find(2) != nullptr ? a.text(2) : dots;
  const bool leeway_given = a.find(3) != nullptr && !a.at(3).is<None>();
  const std::int64_t leeway = leeway_given ? a.integer(3, 5) : 5;
  const auto end_chars = static_cast<std::int64_t>(count_chars(end.bytes()));
  if (most < end_chars || leeway < 0) fail("'truncate' is asked for less than nothing");
  if (length(r.budget(), input) - leeway <= most) return input;
  require_text(input, "truncate");
  const Val cut = get_slice(r.budget(), input, None{}, most - end_chars, None{});
  Text out = *cut.text();
  if (!a.flag(1)) {
    const std::size_t space = out.bytes().rfind(' ');
    if (space != std::string_view::npos) out = out.slice(0, space);
  }
  out.append(end);
  return make_text(std::move(out));
}

Val filter_wordcount(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("wordcount", args, {});
  const TextRef text = to_text(r.budget(), input);
  r.budget().spend_scan(text->size());
  std::int64_t words = 0;
  bool in_word = false;
  for (std::size_t pos = 0; pos < text->size();) {
    const Char c = char_at(text->bytes(), pos);
    const bool word = c.value == '_' || is_alpha(c.value) || is_numeric(c.value);
    words += word && !in_word ? 1 : 0;
    in_word = word;
    pos += c.length;
  }
  return words;
}

Val filter_format(Renderer& r, const Val& input, FilterArgs args) {
  const TextRef format = to_text(r.budget(), input);
  if (args.named.empty()) {
    const Val values = make_seq(r.budget(), SeqKind::tuple, args.positional);
    return make_text(format_percent(r.budget(), *format, values));
  }
  if (!args.positional.empty()) fail("'format' takes positional or named arguments, not both");
  auto dict = std::make_shared<Dict>();
  for (const auto& [name, value] : args.named) dict->set(r.budget(), make_text(name), value);
  return make_text(format_percent(r.budget(), *format, DictRef(std::move(dict))));
}

Val filter_string(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("string", args, {});
  return to_text(r.budget(), input);
}

Val filter_tojson(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("tojson", args, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = a.flag(0);
  style.sort_keys = a.flag(3);
  if (a.find(1) != nullptr && !a.at(1).is<None>()) {
    const bool spaces = a.at(1).text() == nullptr;
    style.indent =
        spaces ? repeat(r.budget(), Text(" ", true), a.integer(1, 0)).bytes() : a.text(1).bytes();
    style.item_separator = ",";
  }
  if (a.find(2) != nullptr && !a.at(2).is<None>()) {
    const SeqRef separators = iterate(r.budget(), a.at(2));
    if (separators->items.size() != 2) fail("'tojson' takes two separators");
    style.item_separator = to_text(r.budget(), separators->items[0])->bytes();
    style.key_separator = to_text(r.budget(), separators->items[1])->bytes();
  }
  return make_text(to_json(r.budget(), input, style));
}

}  // namespace pincer::jinja
