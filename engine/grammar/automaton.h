// A grammar as one automaton for each rule: edges take a byte, or call a rule and go on behind it.
// Nondeterministic, without epsilon edges; every state can reach the end of its rule, and no rule
// calls itself without taking a byte first.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/grammar/grammar.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

using StateId = std::int32_t;

struct ByteEdge {
  std::uint8_t first = 0, last = 0;  // both included
  StateId to = 0;
  auto operator<=>(const ByteEdge&) const = default;
};

struct CallEdge {
  RuleId rule = 0;
  StateId to = 0;
  bool skip = false;  // the rule matches the empty text, too: `to` may be reached without it
  auto operator<=>(const CallEdge&) const = default;
};

struct Automaton {
  std::vector<ByteEdge> bytes;
  std::vector<CallEdge> calls;
  std::vector<std::uint32_t> byte_begin, call_begin;  // [states + 1]
  std::vector<bool> final;                            // [states] the rule may end here
  // [states] In a counted repetition one place is like the other as long as no end of the count is
  // near: a state that behaves the same for all texts of up to kShortToken bytes.
  std::vector<StateId> representative;
  std::vector<StateId> start;      // [rules]
  std::vector<std::int32_t> rank;  // [rules] a rule's is above that of those that begin with it
  RuleId root = 0;
  // Bytes that no edge tells apart are one class.
  std::array<std::uint8_t, 256> class_of{};
  std::vector<std::uint8_t> byte_of;  // [classes] one of each

  std::span<const ByteEdge> byte_edges(StateId s) const {
    const auto i = static_cast<std::size_t>(s);
    return std::span(bytes).subspan(byte_begin[i], byte_begin[i + 1] - byte_begin[i]);
  }
  std::span<const CallEdge> call_edges(StateId s) const {
    const auto i = static_cast<std::size_t>(s);
    return std::span(calls).subspan(call_begin[i], call_begin[i + 1] - call_begin[i]);
  }
  bool is_final(StateId s) const { return final[static_cast<std::size_t>(s)]; }
  bool has_edges(StateId s) const { return !byte_edges(s).empty() || !call_edges(s).empty(); }
  std::size_t memory() const;  // bytes
};

// All rules of `grammar` are defined. Errors: invalid_argument (a rule that can never end, or that
// begins with itself: names it), limit (names which, and what the grammar has too much of).
Result<Automaton> build_automaton(const Grammar& grammar);

}  // namespace pincer::grammar
