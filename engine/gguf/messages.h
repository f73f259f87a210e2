// The words of this reader's errors. Names inside a hostile file may hold anything, so they are
// quoted before they are shown.
#pragma once

#include <string>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer::gguf {

// Printable ASCII as it is and every other byte as \xNN, cut after 80 bytes, between single quotes.
std::string in_quotes(std::string_view text);
// A file's name, whole, with control characters as \xNN.
std::string file_name(std::string_view path);

Error corrupt(std::string message);
Error unsupported(std::string message);
Error over_limit(std::string message);

// The same error with "`context`: " in front.
Error in_context(std::string_view context, const Error& error);

}  // namespace pincer::gguf
