#include "engine/grammar/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <unordered_set>

#include "engine/grammar/limits.h"
#include "engine/grammar/reader.h"

namespace pincer::grammar {
namespace {

// Recursive descent. The first error ends it: every function returns at once when failed().
class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : in_(text) {}

  Result<Json> parse() {
    skip_space();
    Json value = read(0);
    skip_space();
    if (!failed() && !in_.done()) fail("there is something behind its end");
    if (failed()) return *error_;
    return value;
  }

 private:
  bool failed() const { return error_.has_value(); }
  void fail(const std::string& what, ErrorCode code = ErrorCode::invalid_argument) {
    if (failed()) return;
    error_ =
        Error{code, fmt::format("the schema is not JSON at {}: {}", in_.line_and_column(), what)};
  }

  void skip_space() {
    while (in_.peek() == ' ' || in_.peek() == '\t' || in_.peek() == '\n' || in_.peek() == '\r') {
      in_.skip();
    }
  }

  Json read(int depth) {
    Json out;
    out.at = in_.at();
    if (depth > kMaxNesting) {
      fail(fmt::format("it is nested more than {} deep", kMaxNesting), ErrorCode::limit);
    } else if (in_.peek() == '{') {
      read_object(out, depth);
    } else if (in_.peek() == '[') {
      read_array(out, depth);
    } else if (in_.peek() == '"') {
      out.kind = Json::Kind::string;
      out.text = read_string();
    } else if (in_.take("true")) {
      out.kind = Json::Kind::boolean;
      out.truth = true;
    } else if (in_.take("false")) {
      out.kind = Json::Kind::boolean;
    } else if (!in_.take("null")) {
      read_number(out);
    }
    return out;
  }

  void read_object(Json& out, int depth) {
    out.kind = Json::Kind::object;
    in_.skip();
    skip_space();
    if (in_.take("}")) return;
    std::unordered_set<std::string> keys;
    while (!failed()) {
      skip_space();
      if (in_.peek() != '"') return fail("a key in quotes is expected");
      std::string key = read_string();
      if (!keys.insert(key).second)
        return fail(fmt::format("the key {} is there twice", json_string(key)));
      skip_space();
      if (!in_.take(":")) return fail("':' is expected");
      skip_space();
      Json value = read(depth + 1);
      out.members.push_back({std::move(key), std::move(value)});
      skip_space();
      if (in_.take("}")) return;
      if (!in_.take(",")) return fail("',' or '}' is expected");
    }
  }

  void read_array(Json& out, int depth) {
    out.kind = Json::Kind::array;
    in_.skip();
    skip_space();
    if (in_.take("]")) return;
    while (!failed()) {
      skip_space();
      out.items.push_back(read(depth + 1));
      skip_space();
      if (in_.take("]")) return;
      if (!in_.take(",")) return fail("',' or ']' is expected");
    }
  }

  void read_number(Json& out) {
    out.kind = Json::Kind::number;
    const std::size_t begin = in_.at();
    const auto digits = [&] {
      const bool any = in_.peek() >= '0' && in_.peek() <= '9';
      while (in_.peek() >= '0' && in_.peek() <= '9') in_.skip();
      return any;
    };
    in_.take("-");
    bool right = in_.take("0") || digits();
    if (right && in_.take(".")) right = digits();
    if (right && (in_.take("e") || in_.take("E"))) {
      if (!in_.take("+")) in_.take("-");
      right = digits();
    }
    out.text = in_.from(begin);
    if (!right) fail("a value is expected");
  }

  std::string read_string() {
    in_.skip();
    std::string out;
    while (!failed() && !in_.take("\"")) {
      if (in_.done() || static_cast<unsigned char>(in_.peek()) < 0x20) {
        fail("a string has no closing quote, or a raw control character");
      } else if (in_.take("\\")) {
        read_escape(out);
      } else if (const auto c = in_.take_code_point()) {
        append_code_point(out, *c);
      } else {
        fail("this is not UTF-8");
      }
    }
    return out;
  }

  void read_escape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    const std::size_t letter = in_.done() ? std::string_view::npos : kLetters.find(in_.peek());
    if (letter != std::string_view::npos) {
      in_.skip();
      out.push_back(kValues[letter]);
      return;
    }
    std::optional<char32_t> c;
    if (in_.take("u")) c = in_.take_hex(4);
    if (c && *c >= 0xD800 && *c < 0xDC00 && in_.take("\\u")) {
      const auto low = in_.take_hex(4);
      const bool pair = low && *low >= 0xDC00 && *low < 0xE000;
      c = pair ? 0x10000 + ((*c - 0xD800) << 10) + (*low - 0xDC00) : char32_t{0xD800};
    }
    if (!c || (*c >= 0xD800 && *c < 0xE000)) {
      return fail("this escape does not exist, or is half of a surrogate pair");
    }
    append_code_point(out, *c);
  }

  Reader in_;
  std::optional<Error> error_;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

Result<Json> read_json(std::string_view text) { return JsonParser(text).parse(); }

bool equal(const Json& a, const Json& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Json::Kind::null:
      return true;
    case Json::Kind::boolean:
      return a.truth == b.truth;
    case Json::Kind::number:
      return std::strtod(a.text.c_str(), nullptr) == std::strtod(b.text.c_str(), nullptr);
    case Json::Kind::string:
      return a.text == b.text;
    case Json::Kind::array:
      return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equal);
    case Json::Kind::object:
      return a.members.size() == b.members.size() &&
             std::all_of(a.members.begin(), a.members.end(), [&](const auto& member) {
               const Json* other = b.find(member.key);
               return other != nullptr && equal(member.value, *other);
             });
  }
  return false;
}

std::string json_string(std::string_view text) {
  static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  std::string out = "\"";
  for (const char c : text) {
    const std::size_t named = kNamed.find(c);
    if (named != std::string_view::npos) {
      out += {'\\', kLetters[named]};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
  return out + '"';
}

}  // namespace pincer::grammar
