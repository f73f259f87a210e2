// Perplexity over a text file, for the commands that measure it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pincer/engine/loaded_model.h"
#include "pincer/engine/perplexity.h"

namespace pincer {

// Errors name the file.
Result<std::string> read_text_file(const std::string& file);

// The text's tokens, the first `max_tokens`; 0: all.
std::vector<TokenId> evaluation_tokens(const LoadedModel& model, const std::string& text,
                                       std::int64_t max_tokens);

// With progress on stderr, as `what`; options.bos and options.progress are set here.
Result<PerplexityResult> evaluate(const LoadedModel& model, const std::vector<TokenId>& tokens,
                                  PerplexityOptions options, const std::string& what);

}  // namespace pincer
