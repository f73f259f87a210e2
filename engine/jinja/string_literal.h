// The text that a string token stands for.
#pragma once

#include <string>
#include <string_view>

namespace pincer::jinja {

// `token` has its quotes. Escapes are Python's ("\n", "\x41", "\u00e9"); unknown ones stay as they
// are. Fails on broken ones, naming `line`.
std::string unquote(std::string_view token, int line);

}  // namespace pincer::jinja
