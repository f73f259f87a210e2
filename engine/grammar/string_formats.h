// The formats of strings that JSON Schema names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pincer::grammar {

// An anchored regular expression whose texts are all of that format (not each text of the format
// matches), or nothing for an unknown one.
std::optional<std::string> format_pattern(std::string_view format);
std::string known_formats();  // "date, time, ..."

}  // namespace pincer::grammar
