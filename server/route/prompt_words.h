// Words that say something of how hard a prompt is, found by their hash.
#pragma once

#include <cstdint>
#include <string_view>

namespace pincer {

enum class PromptWord : std::uint8_t {
  other,
  function,  // the, of, and, …
  negation,
  how,
  why,
  what,
  who,
  when,
  where,
  which,
  many,       // many, much
  condition,  // if, suppose, assume, …
  you,
  best,  // best, most, likely, …
  task,  // prove, explain, calculate, …
  statement,
  percent,
};

// FNV-1a, a letter at a time, so that a word need not be copied to be lower case.
inline constexpr std::uint32_t kWordSeed = 2166136261U;
constexpr std::uint32_t add_letter(std::uint32_t hash, char lower_case) {
  return (hash ^ static_cast<unsigned char>(lower_case)) * 16777619U;
}
constexpr std::uint32_t word_hash(std::string_view lower_case) {
  std::uint32_t hash = kWordSeed;
  for (const char c : lower_case) hash = add_letter(hash, c);
  return hash;
}

PromptWord prompt_word(std::uint32_t hash);

}  // namespace pincer
