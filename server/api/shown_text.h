// Words of an error, which may repeat what a client sent.
#pragma once

#include <string>
#include <string_view>

namespace pincer {

// Valid UTF-8, and of a text beyond a thousand bytes the beginning and the end: the way out is
// there.
std::string shown_text(std::string_view text);

}  // namespace pincer
