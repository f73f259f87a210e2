#include "server/framed/hello.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "server/framed/frame.h"

namespace pincer {
namespace json = boost::json;

std::variant<Hello, Problem> parse_hello(std::string_view payload) {
  constexpr std::size_t kMaxDepth = 4;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value value = json::parse(payload, error, {}, options);
  const json::object* hello = error ? nullptr : value.if_object();
  const json::value* versions = hello == nullptr ? nullptr : hello->if_contains("versions");
  if (versions == nullptr || !versions->is_array()) {
    return Problem{.message = R"(The first frame must say {"versions":[1]}, and the key if any.)",
                   .code = "malformed_hello"};
  }
  const bool ours = std::ranges::any_of(versions->get_array(),
                                        [](const json::value& v) { return v == kFramedVersion; });
  if (!ours) {
    return Problem{.status = 505,
                   .message = fmt::format("Only version {} of the framed protocol is spoken here.",
                                          kFramedVersion),
                   .code = "unsupported_version"};
  }
  Hello out;
  if (const json::value* key = hello->if_contains("key"); key != nullptr && !key->is_null()) {
    if (!key->is_string())
      return Problem{.message = "The key must be a string.", .code = "malformed_hello"};
    out.key = std::string(key->get_string().data(), key->get_string().size());
  }
  return out;
}

}  // namespace pincer
