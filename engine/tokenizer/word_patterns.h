// Building blocks of the pre-tokenizers: each matches one part of a published pattern at a position
// of the text.
//
// All take a byte position that begins a character and return where their match ends, or `pos` when
// they do not match. Each looks at no more than its match and the two characters after it, so that
// splitting a text takes linear time.
#pragma once

#include <cstddef>
#include <string_view>

namespace pincer::bpe {

// `'s|'t|'re|'ve|'m|'ll|'d`
std::size_t match_contraction(std::string_view text, std::size_t pos);

// One character of `\p{N}`.
std::size_t match_number(std::string_view text, std::size_t pos);

// ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+`
std::size_t match_spaced_run(std::string_view text, std::size_t pos);

// ` ?\p{L}+| ?[^\s\p{L}\p{N}]+`
std::size_t match_spaced_run_without_numbers(std::string_view text, std::size_t pos);

// `\s+(?!\S)|\s+`: a run of white space, less its last character when a word follows that may want
// it.
std::size_t match_spaces(std::string_view text, std::size_t pos);

// The same where the text is cut before every number, so that a number is the end of the text for
// the look-ahead.
std::size_t match_spaces_cut_at_number(std::string_view text, std::size_t pos);

}  // namespace pincer::bpe
