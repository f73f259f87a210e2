// Pre-tokenizers split a text into the words inside which BPE merges. Each is one row of a table,
// named as `tokenizer.ggml.pre` names it, over the matchers of word_patterns.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pincer::bpe {

// Where the word that begins at byte `pos` (pos < text.size()) ends: always behind `pos`. Safe to
// call from any thread.
using WordEnd = std::size_t (*)(std::string_view text, std::size_t pos);

struct PreTokenizer {
  std::string_view name;
  WordEnd word_end;
  bool compose = false;      // the text is brought to normalization form C first (normalize.h)
  bool whole_words = false;  // a word that is a token is not put together by merges
  bool add_bos = false;      // where the file does not say
};

// Null when there is none of this name.
const PreTokenizer* find_pretokenizer(std::string_view name);

// "default, gpt-2, smollm, ...": for error messages.
std::string pretokenizer_names();

}  // namespace pincer::bpe
