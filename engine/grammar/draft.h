// Thompson's construction: from expressions to an automaton that still has epsilon edges.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/grammar/automaton.h"
#include "engine/grammar/grammar.h"
#include "engine/grammar/properties.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

struct DraftState {
  std::vector<ByteEdge> bytes;
  std::vector<CallEdge> calls;
  std::vector<StateId> epsilon;
};

// Builds the rules that the root needs. Parts of repetitions and large character classes become
// hidden rules, so that what is counted stands in the automaton once and not a thousand times.
class Draft {
 public:
  explicit Draft(const Grammar& grammar);

  struct DraftRule {
    ExprId body;
    std::string name;  // empty: hidden
    StateId start = -1, end = -1;
  };

  Result<void> build();  // errors: as build_automaton

  std::vector<DraftState> states;
  std::vector<StateId> representative;
  std::vector<DraftRule> rules;  // hidden ones behind the grammar's own; only needed ones are built
  bool nullable(RuleId rule) const;

 private:
  StateId add_state();
  void connect(StateId from, StateId to) {
    states[static_cast<std::size_t>(from)].epsilon.push_back(to);
  }
  bool productive(ExprId e) const { return properties_.productive[static_cast<std::size_t>(e)]; }
  bool nullable_expr(ExprId e) const { return properties_.nullable[static_cast<std::size_t>(e)]; }

  // Each adds edges out of `from` and into `to`, never the other way round.
  void emit(ExprId e, StateId from, StateId to);
  void emit_literal(const std::string& text, StateId from, StateId to);
  void emit_chars(ExprId e, StateId from, StateId to);
  void emit_repeat(const Expr& repeat, StateId from, StateId to);
  void emit_call(RuleId rule, StateId from, StateId to, bool skip);
  void emit_copy(ExprId part, bool counted, StateId from, StateId to);
  StateId state_before(const ByteSequence& rest, std::map<ByteSequence, StateId>& shared,
                       StateId to);
  bool is_one_edge(ExprId e) const;
  RuleId hidden_rule(ExprId body);

  const Grammar& grammar_;
  Properties properties_;
  std::unordered_map<ExprId, RuleId> hidden_;
  std::vector<RuleId> needed_;  // called and not built yet
  bool full_ = false;
};

}  // namespace pincer::grammar
