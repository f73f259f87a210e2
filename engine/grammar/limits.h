// What a grammar from outside may cost. Each limit bounds memory or time by itself; an error names
// the one that was hit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pincer::grammar {

inline constexpr std::size_t kMaxSourceBytes = 1 << 20;
inline constexpr int kMaxNesting = 128;             // of parentheses, of JSON, of schemas
inline constexpr std::size_t kMaxRules = 20'000;    // hidden ones of repetitions included
inline constexpr std::size_t kMaxExprs = 500'000;   // nodes of the syntax tree
inline constexpr std::size_t kMaxRanges = 500'000;  // code point ranges of all character classes
inline constexpr std::size_t kMaxStates = 1 << 17;  // of the automaton
inline constexpr std::size_t kMaxEdges = 1 << 20;   // of the automaton, after epsilon elimination
inline constexpr int kMaxRepeats = 100'000;         // a number in {m,n}
inline constexpr int kMaxAlternatives = 512;        // of one schema, multiplied out
// Elementary operations of the machine that an answer has for its masks: at once, some 0.15 s, and
// more with each token; for every kMaskNodes that the trie of the vocabulary has (SmolLM2's has
// about as many). Whoever is in the same step waits meanwhile. Of a hundred schemas, each new, none
// needs more than 0.2 million for a mask or 2 million for an answer there.
inline constexpr std::size_t kMaskNodes = 100'000;
inline constexpr std::int64_t kMaskWork = 16'000'000;
inline constexpr std::int64_t kMaskWorkPerToken = 400'000;
// Of the machine's states, after which it begins anew.
inline constexpr std::size_t kMachineBytes = 24u << 20;
inline constexpr std::size_t kLocalMaskBytes = 16u << 20;  // of one constraint's cached masks
inline constexpr std::size_t kCacheBytes = 128u << 20;     // of all compiled constraints of a model
// Longer tokens are few; they stand in a trie of their own, which bounds how far a short token
// looks ahead (automaton.h, representative).
inline constexpr int kShortToken = 24;

}  // namespace pincer::grammar
