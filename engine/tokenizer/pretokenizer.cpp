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

// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|
// \s*[\r\n]+|\s+(?!\S)|\s+`, with `\p{N}` alone in Qwen2's: the `tokenizer.json` of
// https://huggingface.co/meta-llama/Meta-Llama-3-8B and https://huggingface.co/Qwen/Qwen2-0.5B
template <WordEnd kNumber>
std::size_t gpt4_word_end(std::string_view text, std::size_t pos) {
  for (const WordEnd match : {match_contraction_of_any_case, match_prefixed_letters, kNumber,
                              match_others_with_line_ends, match_spaces_to_line_end}) {
    if (const std::size_t end = match(text, pos); end > pos) return end;
  }
  return match_spaces(text, pos);
}

constexpr PreTokenizer gpt2_like(std::string_view name) { return {name, gpt2_word_end}; }
constexpr PreTokenizer smollm_like(std::string_view name) { return {name, smollm_word_end}; }
constexpr PreTokenizer qwen2_like(std::string_view name, bool compose) {
  return {name, gpt4_word_end<match_number>, compose};
}
constexpr PreTokenizer llama3_like(std::string_view name) {
  return {name, gpt4_word_end<match_three_numbers>, false, true, true};
}

// A file without a name, or with "default", has the pattern that gave this kind of vocabulary its
// name. Which names share a pattern: llama.cpp's src/llama-vocab.cpp.
constexpr std::array kPreTokenizers = {
    gpt2_like("default"),
    gpt2_like("gpt-2"),
    gpt2_like("phi-2"),
    smollm_like("smollm"),
    smollm_like("starcoder"),
    smollm_like("refact"),
    qwen2_like("qwen2", true),
    qwen2_like("deepseek-r1-qwen", false),
    qwen2_like("stablelm2", false),
    llama3_like("llama-bpe"),
    llama3_like("llama3"),
    llama3_like("llama-v3"),
    llama3_like("falcon3"),
    PreTokenizer{"smaug-bpe", gpt4_word_end<match_three_numbers>},
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
