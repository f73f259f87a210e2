// Building blocks of the pre-tokenizers: each matches one part of a published pattern at a position
// of the text.
//
// All take a byte position that begins a character and return where their match ends, or `pos` when
// they do not match. Each looks at no more than its match, the two characters after it and the
// white space after those, so that splitting a text takes linear time.
#pragma once

#include <cstddef>
#include <string_view>

namespace pincer::bpe {

// `'s|'t|'re|'ve|'m|'ll|'d`
std::size_t match_contraction(std::string_view text, std::size_t pos);

// The same in upper and lower case, U+017F (a long s) included: `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
std::size_t match_contraction_of_any_case(std::string_view text, std::size_t pos);

// One character of `\p{N}`.
std::size_t match_number(std::string_view text, std::size_t pos);

// `\p{N}{1,3}`
std::size_t match_three_numbers(std::string_view text, std::size_t pos);

// `[^\r\n\p{L}\p{N}]?\p{L}+`
std::size_t match_prefixed_letters(std::string_view text, std::size_t pos);

// ` ?[^\s\p{L}\p{N}]+[\r\n]*`
std::size_t match_others_with_line_ends(std::string_view text, std::size_t pos);

// `\s*[\r\n]+`
std::size_t match_spaces_to_line_end(std::string_view text, std::size_t pos);

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
