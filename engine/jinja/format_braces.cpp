// "{} and {name:>8}".format(value, name=value)
#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/jinja/format.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

class BraceFormatter {
 public:
  BraceFormatter(Renderer& renderer, const CallArgs& args)
      : renderer_(renderer), budget_(renderer.budget()), args_(args) {}

  // `level` counts formats inside of format specifications.
  Text run(const Text& format, int level) {
    constexpr int kDeepest = 2;
    if (level > kDeepest) fail("format specifications are nested too deeply");
    budget_.spend_scan(format.size());
    const std::string_view bytes = format.bytes();
    Text out;
    std::size_t pos = 0;
    while (pos < bytes.size()) {
      const std::size_t brace = std::min(bytes.find_first_of("{}", pos), bytes.size());
      out.append(format, pos, brace);
      pos = brace;
      if (pos == bytes.size()) break;
      if (pos + 1 < bytes.size() && bytes[pos + 1] == bytes[pos]) {
        out.append(format, pos, pos + 1);
        pos += 2;
        continue;
      }
      if (bytes[pos] == '}') fail("single '}' in a format");
      const std::size_t end = field_end(bytes, pos + 1);
      const Text written = field(format, pos + 1, end, level);
      budget_.spend_copy(2 * written.size());
      out.append(written);
      budget_.check_size(out.size());
      pos = end + 1;
    }
    return out;
  }

 private:
  static std::size_t field_end(std::string_view bytes, std::size_t pos) {
    int open = 1;
    for (; pos < bytes.size(); ++pos) {
      if (bytes[pos] == '{') ++open;
      if (bytes[pos] == '}' && --open == 0) return pos;
    }
    fail("a '{' in a format is not closed");
  }

  Text field(const Text& format, std::size_t begin, std::size_t end, int level) {
    const std::string_view body = format.bytes().substr(begin, end - begin);
    const std::size_t name_end = std::min(body.find_first_of(":!"), body.size());
    Val value = lookup(body.substr(0, name_end));
    std::size_t pos = name_end;
    if (pos < body.size() && body[pos] == '!') {
      const char conversion = pos + 1 < body.size() ? body[pos + 1] : '\0';
      if (conversion == 'r') {
        value = make_text(repr(budget_, value));
      } else if (conversion == 's') {
        value = to_text(budget_, value);
      } else {
        fail("a format has an unknown conversion after '!'");
      }
      pos += 2;
    }
    if (pos < body.size() && body[pos] != ':')
      fail("expected ':' after the conversion of a format");
    const std::size_t spec_begin = std::min(begin + pos + 1, end);
    const Text spec = run(format.slice(spec_begin, end), level + 1);
    if (spec.empty()) return *to_text(budget_, value);
    const bool plain = value.is<bool>() || value.text() != nullptr || as_float(value).has_value();
    if (!plain) fail("'" + std::string(type_name(value)) + "' takes no format specification");
    return format_value(budget_, value, parse_format_spec(spec.bytes()));
  }

  // "name.attribute[item]", "0", or nothing for the next argument.
  Val lookup(std::string_view path) {
    const std::size_t first_end = std::min(path.find_first_of(".["), path.size());
    Val value = argument(path.substr(0, first_end));
    path.remove_prefix(first_end);
    while (!path.empty()) {
      const bool attribute = path.front() == '.';
      path.remove_prefix(1);
      const std::size_t end =
          std::min(attribute ? path.find_first_of(".[") : path.find(']'), path.size());
      const std::string_view key = path.substr(0, end);
      if (key.empty() || (!attribute && end == path.size())) fail("a format field is not valid");
      value = attribute ? renderer_.get_attribute(value, key) : item(value, key);
      path.remove_prefix(end + (attribute ? 0 : 1));
    }
    return value;
  }

  Val item(const Val& object, std::string_view key) {
    const std::optional<std::int64_t> index = as_index(key);
    return renderer_.get_item(object, index ? Val(*index) : make_text(key));
  }

  Val argument(std::string_view name) {
    std::optional<std::int64_t> index = as_index(name);
    if (name.empty()) index = next_++;
    if (index) {
      if (static_cast<std::size_t>(*index) < args_.positional.size()) {
        return args_.positional[static_cast<std::size_t>(*index)];
      }
      fail("the format has no argument " + std::to_string(*index));
    }
    for (const auto& [key, value] : args_.named) {
      if (key == name) return value;
    }
    fail("the format has no argument '" + std::string(name) + "'");
  }

  static std::optional<std::int64_t> as_index(std::string_view text) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!whole || text.empty() || value < 0) return std::nullopt;
    return value;
  }

  Renderer& renderer_;
  Budget& budget_;
  const CallArgs& args_;
  std::int64_t next_ = 0;
};

}  // namespace

Text format_braces(Renderer& renderer, const Text& format, const CallArgs& args) {
  return BraceFormatter(renderer, args).run(format, 0);
}

}  // namespace pincer::jinja
