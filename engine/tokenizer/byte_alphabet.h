// The alphabet in which byte-level BPE vocabularies write bytes, so that every token is printable
// text.
//
// A byte that is a visible Latin-1 character stands for itself; the other 68 bytes, in rising
// order, are written as U+0100 to U+0143 (a space is U+0120, "Ġ"). Origin: GPT-2,
// https://github.com/openai/gpt-2/blob/master/src/encoder.py
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pincer::bpe {

// How the vocabulary writes one byte (one or two bytes of UTF-8).
std::string byte_symbol(unsigned char byte);

// The bytes that a token's text stands for; nothing when a character of it is not in the alphabet.
std::optional<std::string> bytes_from_symbols(std::string_view text);

}  // namespace pincer::bpe
