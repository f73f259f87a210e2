// Tokens that end a turn by convention.
#pragma once

#include <string_view>

namespace pincer::bpe {

// True for the text of control tokens with which well-known models end a turn or a document:
// "<|im_end|>", "</s>", ...
bool is_end_of_turn_name(std::string_view text);

}  // namespace pincer::bpe
