// The table of str methods, and those on case, classes of characters and width.
#include "engine/jinja/args.h"
#include "engine/jinja/format.h"
#include "engine/jinja/methods_text.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/registry.h"
#include "engine/jinja/renderer.h"
#include "engine/jinja/text_case.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

template <Text (*Convert)(Budget&, const Text&)>
Val converted(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("a change of case", args, {});
  return make_text(Convert(r.budget(), *self.text()));
}

// Whether there are characters and all are of the class.
template <bool (*InClass)(char32_t)>
Val all_chars(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("a test of characters", args, {});
  const std::string_view text = self.text()->bytes();
  r.budget().spend_scan(text.size());
  for (std::size_t pos = 0; pos < text.size();) {
    const Char c = char_at(text, pos);
    if (!InClass(c.value)) return false;
    pos += c.length;
  }
  return !text.empty();
}

bool is_alnum(char32_t c) { return is_alpha(c) || is_numeric(c); }
bool is_ascii(char32_t c) { return c < 0x80; }

// Superscripts are digits to Python though they are not decimal.
bool is_unicode_digit(char32_t c) {
  return is_decimal(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0x2070 && c <= 0x2089);
}

Val text_isascii(Renderer& r, const Val& self, const CallArgs& args) {
  return self.text()->empty() ? Val(true) : all_chars<is_ascii>(r, self, args);
}

template <bool (*Wanted)(char32_t)>
Val cased_like(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("a test of case", args, {});
  return all_cased_like(r.budget(), self.text()->bytes(), Wanted);
}

// Pads to a width given in characters.
template <char Align>
Val padded(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("a change of width", args, {"width", "fillchar"}, 1);
  FormatSpec spec;
  spec.width = a.integer(0, 0);
  if (const Text* fill = a.find_text(1)) {
    if (count_chars(fill->bytes()) != 1) fail("the fill character must be one character");
    spec.fill = fill->bytes();
  }
  return make_text(pad(r.budget(), *self.text(), spec, Align));
}

Val text_center(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("center", args, {"width", "fillchar"}, 1);
  const Text* fill = a.find_text(1);
  if (fill != nullptr && count_chars(fill->bytes()) != 1) {
    fail("the fill character must be one character");
  }
  return make_text(center(r.budget(), *self.text(), a.integer(0, 0), fill));
}

Val text_zfill(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("zfill", args, {"width"}, 1);
  FormatSpec spec;
  spec.fill = "0";
  spec.align = self.text()->bytes().starts_with(' ') ? '>' : '=';  // a space is no sign here
  spec.width = a.integer(0, 0);
  return make_text(pad(r.budget(), *self.text(), spec, '='));
}

constexpr NamedFunction<NativeFunction> kMethods[] = {
    {"strip", text_strip},
    {"split", text_split},
    {"startswith", text_startswith},
    {"endswith", text_endswith},
    {"lstrip", text_lstrip},
    {"rstrip", text_rstrip},
    {"replace", text_replace},
    {"format", text_format},
    {"join", text_join},
    {"upper", converted<upper>},
    {"lower", converted<lower>},
    {"title", converted<title>},
    {"capitalize", converted<capitalize>},
    {"swapcase", converted<swap_case>},
    {"casefold", converted<fold_case>},
    {"find", text_find},
    {"rfind", text_rfind},
    {"index", text_index},
    {"rindex", text_rindex},
    {"count", text_count},
    {"rsplit", text_rsplit},
    {"splitlines", text_splitlines},
    {"partition", text_partition},
    {"rpartition", text_rpartition},
    {"removeprefix", text_removeprefix},
    {"removesuffix", text_removesuffix},
    {"isalpha", all_chars<is_alpha>},
    {"isdigit", all_chars<is_unicode_digit>},
    {"isdecimal", all_chars<is_decimal>},
    {"isnumeric", all_chars<is_numeric>},
    {"isalnum", all_chars<is_alnum>},
    {"isspace", all_chars<is_space>},
    {"isprintable", all_chars<is_printable>},
    {"isascii", text_isascii},
    {"isupper", cased_like<is_upper>},
    {"islower", cased_like<is_lower>},
    {"ljust", padded<'<'>},
    {"rjust", padded<'>'>},
    {"center", text_center},
    {"zfill", text_zfill},
};

}  // namespace

bool all_cased_like(Budget& budget, std::string_view text, bool (*wanted)(char32_t)) {
  budget.spend_scan(text.size());
  bool any = false;
  for (std::size_t pos = 0; pos < text.size();) {
    const Char c = char_at(text, pos);
    if (is_cased(c.value)) {
      if (!wanted(c.value)) return false;
      any = true;
    }
    pos += c.length;
  }
  return any;
}

Text center(Budget& budget, const Text& text, std::int64_t width, const Text* fill) {
  budget.spend_scan(text.size());
  const auto chars = static_cast<std::int64_t>(count_chars(text.bytes()));
  if (width <= chars) return text;
  const std::int64_t missing = width - chars;
  // CPython puts the odd character to the left when the width is odd.
  const std::int64_t left = missing / 2 + (missing & width & 1);
  const Text space(" ", true);
  const Text& filling = fill != nullptr ? *fill : space;
  Text out = repeat(budget, filling, left);
  out.append(text);
  out.append(repeat(budget, filling, missing - left));
  budget.check_size(out.size());
  return out;
}

NativeFunction find_text_method(std::string_view name) { return find_named(kMethods, name); }

}  // namespace pincer::jinja
