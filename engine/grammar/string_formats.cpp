#include "engine/grammar/string_formats.h"

#include <map>

namespace pincer::grammar {
namespace {

using Patterns = std::map<std::string, std::string, std::less<>>;

// RFC 3339, with the days that each month has. Years from 1 to 9999, 29 February in leap years.
std::string date() {
  const std::string year = R"((000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d\d\d))";
  const std::string leap_year =
      R"(([1-9]\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00))";
  return "(" + year +
         R"(-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))|)" +
         leap_year + "-02-29)";
}

std::string time() {
  return R"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))";
}

std::string ipv4() {
  const std::string byte = R"((25[0-5]|2[0-4]\d|1\d\d|[1-9]\d|\d))";
  return byte + R"(\.)" + byte + R"(\.)" + byte + R"(\.)" + byte;
}

Patterns make_patterns() {
  const std::string label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  const std::string host = label + R"((\.)" + label + "){0,3}";
  Patterns out = {
      {"date", date()},
      {"time", time()},
      {"date-time", date() + "T" + time()},
      {"duration",
       R"(P(\d{1,6}W|\d{1,6}D|\d{1,6}Y(\d{1,6}M(\d{1,6}D)?)?|\d{1,6}M(\d{1,6}D)?|(\d{1,6}D)?T(\d{1,6}H(\d{1,6}M(\d{1,6}S)?)?|\d{1,6}M(\d{1,6}S)?|\d{1,6}S)))"},
      {"uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
      {"email", R"([A-Za-z0-9_+-]{1,32}(\.[A-Za-z0-9_+-]{1,32}){0,3}@)" + label + R"((\.)" + label +
                    "){1,3}"},
      {"hostname", host},
      {"ipv4", ipv4()},
      {"ipv6", "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"},
      {"uri",
       R"([a-z][a-z0-9+.-]{0,15}://)" + host +
           R"((:\d{1,4})?(/[A-Za-z0-9._~-]{0,64}){0,16}(\?[A-Za-z0-9._~=&-]{0,128})?(#[A-Za-z0-9._~-]{0,64})?)"},
  };
  for (auto& [name, pattern] : out) pattern.insert(0, "^(").append(")$");
  return out;
}

const Patterns& patterns() {
  static const Patterns made = make_patterns();
  return made;
}

}  // namespace

std::optional<std::string> format_pattern(std::string_view format) {
  const auto found = patterns().find(format);
  if (found == patterns().end()) return std::nullopt;
  return found->second;
}

std::string known_formats() {
  std::string out;
  for (const auto& [name, pattern] : patterns()) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace pincer::grammar
