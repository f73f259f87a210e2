#include "engine/tokenizer/pretokenizer.h"

#include <array>

#include "engine/tokenizer/word_patterns.h"

namespace pincer::bpe {
namespace {

// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
// https://github.com/openai/gpt-2/blob/master/src/encoder.py
std::size_t gpt2_word_end(std::string_view text, std::size_t pos) {
  for (const WordEnd match : {match_contraction, match_spaced_run}) {
    if (const std::size_t end = match(text, pos); end > pos) return end;
  }
  return match_spaces(text, pos);
}

// The text is cut into single numbers and what lies between them, then GPT-2's pattern splits each
// part on its own: Sequence[Digits(individual_digits), ByteLevel] in
// https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct
std::size_t smollm_word_end(std::string_view text, std::size_t pos) {
  for (const WordEnd match : {match_number, match_contraction, match_spaced_run_without_numbers}) {
    if (const std::size_t end = match(text, pos); end > pos) return end;
  }
  return match_spaces_cut_at_number(text, pos);
}

// A file without a name, or with "default", has the pattern that gave this kind of vocabulary its
// name.
constexpr std::array kPreTokenizers = {
    PreTokenizer{"default", gpt2_word_end},
    PreTokenizer{"gpt-2", gpt2_word_end},
    PreTokenizer{"smollm", smollm_word_end},
};

}  // namespace

const PreTokenizer* find_pretokenizer(std::string_view name) {
  for (const PreTokenizer& entry : kPreTokenizers) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string pretokenizer_names() {
  std::string names;
  for (const PreTokenizer& entry : kPreTokenizers) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

}  // namespace pincer::bpe
