// Unicode's canonical composition, which some tokenizers apply to a text first.
#pragma once

#include <string>
#include <string_view>

namespace pincer::bpe {

// The text in normalization form C (https://unicode.org/reports/tr15/). Bytes that are not UTF-8
// stay as they are, and nothing composes across them. Takes O(n log n) time.
std::string compose(std::string_view text);

}  // namespace pincer::bpe
