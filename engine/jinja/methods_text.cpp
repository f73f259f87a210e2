// str methods that cut, join and search.
#include "engine/jinja/methods_text.h"

#include <algorithm>

#include "engine/jinja/args.h"
#include "engine/jinja/format.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"
#include "engine/jinja/search.h"
#include "engine/jinja/text_parts.h"

namespace pincer::jinja {
namespace {

Val strip_sides(Renderer& r, const Val& self, const CallArgs& args, std::string_view name,
                bool left, bool right) {
  const Arguments a(name, args, {"chars"});
  return make_text(strip(r.budget(), *self.text(), a.find_text(0), left, right));
}

Val list_of(Budget& budget, std::vector<Text> parts, SeqKind kind = SeqKind::list) {
  std::vector<Val> items;
  items.reserve(parts.size());
  for (Text& part : parts) items.push_back(make_text(std::move(part)));
  return make_seq(budget, kind, std::move(items));
}

Val split_side(Renderer& r, const Val& self, const CallArgs& args, std::string_view name,
               bool from_right) {
  const Arguments a(name, args, {"sep", "maxsplit"});
  return list_of(r.budget(),
                 split(r.budget(), *self.text(), a.find_text(0), a.integer(1, -1), from_right));
}

Val partition_at(Renderer& r, const Text& text, const Text& separator, std::size_t at,
                 bool from_right) {
  std::vector<Text> parts;
  if (at == std::string_view::npos) {
    parts = from_right ? std::vector<Text>{Text(), Text(), text}
                       : std::vector<Text>{text, Text(), Text()};
  } else {
    const std::size_t end = at + separator.size();
    parts = {text.slice(0, at), separator, text.slice(end, text.size())};
  }
  r.budget().spend_copy(text.size());
  return list_of(r.budget(), std::move(parts), SeqKind::tuple);
}

// The bytes of text[start:end]; `offset` is where they begin. Nothing if start is behind the text.
struct Window {
  std::string_view bytes;
  std::size_t offset = 0;
};

std::size_t char_offset(std::string_view text, std::int64_t index) {
  std::size_t pos = index < 0 ? text.size() : 0;
  for (std::int64_t i = index; i > 0 && pos < text.size(); --i) pos += char_at(text, pos).length;
  for (std::int64_t i = index; i < 0 && pos > 0; ++i) pos = previous_char(text, pos);
  return pos;
}

Window window(Budget& budget, const Text& text, const Arguments& a) {
  const auto given = [&](std::size_t i) { return a.find(i) != nullptr && !a.at(i).is<None>(); };
  if (!given(1) && !given(2)) return {text.bytes(), 0};
  budget.spend_scan(text.size());
  const std::size_t begin = given(1) ? char_offset(text.bytes(), a.integer(1, 0)) : 0;
  const std::size_t end = given(2) ? char_offset(text.bytes(), a.integer(2, 0)) : text.size();
  return {text.bytes().substr(begin, std::max(begin, end) - begin), begin};
}

// Whether the text begins, or ends, with an argument or with one of a tuple of them.
Val matches_end(Renderer& r, const Val& self, const CallArgs& args, std::string_view name,
                bool front) {
  const Arguments a(name, args, {"prefix", "start", "end"}, 1);
  const Window text = window(r.budget(), *self.text(), a);
  const auto matches = [&](const Text& part) {
    r.budget().spend_copy(part.size());
    return front ? text.bytes.starts_with(part.bytes()) : text.bytes.ends_with(part.bytes());
  };
  const Seq* parts = a.at(0).seq();
  if (parts == nullptr || parts->kind != SeqKind::tuple) return matches(a.text(0));
  return std::any_of(parts->items.begin(), parts->items.end(), [&](const Val& part) {
    if (part.text() == nullptr)
      fail("'" + std::string(name) + "' takes a string or a tuple of strings");
    return matches(*part.text());
  });
}

std::int64_t find_part(Renderer& r, const Val& self, const CallArgs& args, std::string_view name,
                       bool from_right) {
  const Arguments a(name, args, {"sub", "start", "end"}, 1);
  const Window text = window(r.budget(), *self.text(), a);
  const std::string_view part = a.text(0).bytes();
  const std::size_t at = from_right ? rfind_bytes(r.budget(), text.bytes, part)
                                    : find_bytes(r.budget(), text.bytes, part, 0);
  if (at == std::string_view::npos) return -1;
  r.budget().spend_scan(text.offset + at);
  return static_cast<std::int64_t>(count_chars(self.text()->bytes().substr(0, text.offset + at)));
}

Val found_or_fail(std::int64_t at) {
  if (at < 0) fail("substring not found");
  return at;
}

Val remove_end(Renderer& r, const Val& self, const CallArgs& args, std::string_view name,
               bool front) {
  const Arguments a(name, args, {"affix"}, 1);
  const Text& text = *self.text();
  const std::string_view part = a.text(0).bytes();
  r.budget().spend_copy(text.size());
  if (front && text.bytes().starts_with(part))
    return make_text(text.slice(part.size(), text.size()));
  if (!front && text.bytes().ends_with(part))
    return make_text(text.slice(0, text.size() - part.size()));
  return self;
}

}  // namespace

Val text_strip(Renderer& r, const Val& self, const CallArgs& args) {
  return strip_sides(r, self, args, "strip", true, true);
}
Val text_lstrip(Renderer& r, const Val& self, const CallArgs& args) {
  return strip_sides(r, self, args, "lstrip", true, false);
}
Val text_rstrip(Renderer& r, const Val& self, const CallArgs& args) {
  return strip_sides(r, self, args, "rstrip", false, true);
}
Val text_split(Renderer& r, const Val& self, const CallArgs& args) {
  return split_side(r, self, args, "split", false);
}
Val text_rsplit(Renderer& r, const Val& self, const CallArgs& args) {
  return split_side(r, self, args, "rsplit", true);
}
Val text_splitlines(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("splitlines", args, {"keepends"});
  return list_of(r.budget(), split_lines(r.budget(), *self.text(), a.flag(0)));
}
Val text_partition(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("partition", args, {"sep"}, 1);
  if (a.text(0).empty()) fail("the separator of a partition is empty");
  const std::size_t at = find_bytes(r.budget(), self.text()->bytes(), a.text(0).bytes(), 0);
  return partition_at(r, *self.text(), a.text(0), at, false);
}
Val text_rpartition(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("rpartition", args, {"sep"}, 1);
  if (a.text(0).empty()) fail("the separator of a partition is empty");
  const std::size_t at = rfind_bytes(r.budget(), self.text()->bytes(), a.text(0).bytes());
  return partition_at(r, *self.text(), a.text(0), at, true);
}
Val text_startswith(Renderer& r, const Val& self, const CallArgs& args) {
  return matches_end(r, self, args, "startswith", true);
}
Val text_endswith(Renderer& r, const Val& self, const CallArgs& args) {
  return matches_end(r, self, args, "endswith", false);
}
Val text_find(Renderer& r, const Val& self, const CallArgs& args) {
  return find_part(r, self, args, "find", false);
}
Val text_rfind(Renderer& r, const Val& self, const CallArgs& args) {
  return find_part(r, self, args, "rfind", true);
}
Val text_index(Renderer& r, const Val& self, const CallArgs& args) {
  return found_or_fail(find_part(r, self, args, "index", false));
}
Val text_rindex(Renderer& r, const Val& self, const CallArgs& args) {
  return found_or_fail(find_part(r, self, args, "rindex", true));
}
Val text_count(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("count", args, {"sub", "start", "end"}, 1);
  return count_text(r.budget(), window(r.budget(), *self.text(), a).bytes, a.text(0).bytes());
}
Val text_replace(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("replace", args, {"old", "new", "count"}, 2);
  return make_text(replace(r.budget(), *self.text(), a.text(0), a.text(1), a.integer(2, -1)));
}
Val text_join(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("join", args, {"iterable"}, 1);
  const SeqRef items = iterate(r.budget(), a.at(0));
  Text out;
  for (std::size_t i = 0; i < items->items.size(); ++i) {
    const Text* part = items->items[i].text();
    if (part == nullptr)
      fail("'join' takes strings, not '" + std::string(type_name(items->items[i])) + "'");
    r.budget().spend_copy(part->size() + self.text()->size());
    if (i > 0) out.append(*self.text());
    out.append(*part);
    r.budget().check_size(out.size());
  }
  return make_text(std::move(out));
}
Val text_removeprefix(Renderer& r, const Val& self, const CallArgs& args) {
  return remove_end(r, self, args, "removeprefix", true);
}
Val text_removesuffix(Renderer& r, const Val& self, const CallArgs& args) {
  return remove_end(r, self, args, "removesuffix", false);
}
Val text_format(Renderer& r, const Val& self, const CallArgs& args) {
  return make_text(format_braces(r, *self.text(), args));
}

}  // namespace pincer::jinja
