// The strings of a JSON text, so that their contents can be changed and all else stays as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pincer::privacy {

struct JsonString {
  std::size_t begin = 0, end = 0;    // between its quotes
  std::string text;                  // without escapes
  std::vector<std::size_t> offsets;  // of each byte of `text` in the JSON, and the end
};

// Of any text, JSON or not: a string that never ends goes to the end. A wrong escape is taken as
// it stands.
std::vector<JsonString> json_strings(std::string_view json);

// What stands between the quotes for `text`.
std::string json_escaped(std::string_view text);

}  // namespace pincer::privacy
