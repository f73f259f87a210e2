// Names from an operator's list, as whole words and in the case that they are written in.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "pincer/engine/result.h"
#include "server/privacy/finding.h"
#include "server/privacy/string_index.h"

namespace pincer::privacy {

// One name a line, in UTF-8; "#" begins a comment. Errors name the file and the line: not_found,
// io, invalid_argument, limit.
Result<std::shared_ptr<const StringIndex>> read_names(const std::filesystem::path& file);

void find_names(const StringIndex& names, std::string_view text, Findings& out);

}  // namespace pincer::privacy
