#include "engine/grammar/draft.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/grammar/index.h"
#include "engine/grammar/limits.h"

namespace pincer::grammar {
namespace {

// A character class with more byte sequences is a rule of its own.
constexpr std::size_t kInlineSequences = 24;

bool is_ascii(const CodePointSet& set) { return !set.empty() && set.ranges().back().last < 0x80; }

// Whether count `i` is like `like` for all texts of up to kShortToken bytes: at least as many
// copies must follow, or may.
bool far_from(std::int32_t i, std::int32_t like, std::int32_t end) {
  return i >= like && end - i > kShortToken && end - like > kShortToken;
}

}  // namespace

Draft::Draft(const Grammar& grammar) : grammar_(grammar), properties_(properties_of(grammar)) {
  for (const Rule& rule : grammar.rules) rules.push_back({rule.body, rule.name});
}

bool Draft::nullable(RuleId rule) const { return nullable_expr(rules[index(rule)].body); }

StateId Draft::add_state() {
  if (states.size() >= kMaxStates) {
    full_ = true;
    return 0;
  }
  states.emplace_back();
  representative.push_back(static_cast<StateId>(states.size() - 1));
  return representative.back();
}

Result<void> Draft::build() {
  const RuleId root = grammar_.root;
  if (!productive(rules[index(root)].body)) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("'{}' can never end: whatever it begins with needs more of itself, or "
                             "matches nothing; give it an alternative that ends",
                             rules[index(root)].name)};
  }
  needed_.push_back(root);
  rules[index(root)].start = add_state();
  rules[index(root)].end = add_state();
  while (!needed_.empty() && !full_) {
    const RuleId rule = needed_.back();
    needed_.pop_back();
    // By value: hidden rules are added meanwhile.
    const DraftRule built = rules[index(rule)];
    emit(built.body, built.start, built.end);
  }
  if (!full_) return {};
  return Error{ErrorCode::limit,
               fmt::format("the grammar is too large: more than {} states or {} rules, of which "
                           "counted repetitions have one for each count; use smaller counts",
                           kMaxStates, kMaxRules)};
}

RuleId Draft::hidden_rule(ExprId body) {
  const auto [found, is_new] = hidden_.emplace(body, static_cast<RuleId>(rules.size()));
  if (is_new) rules.push_back({body, {}});
  if (rules.size() > 2 * kMaxRules) full_ = true;
  return found->second;
}

void Draft::emit_call(RuleId rule, StateId from, StateId to, bool skip) {
  if (rules[index(rule)].start < 0) {
    const StateId start = add_state();
    rules[index(rule)].start = start;
    rules[index(rule)].end = add_state();
    needed_.push_back(rule);
  }
  states[index(from)].calls.push_back({rule, to, skip && nullable(rule)});
}

void Draft::emit(ExprId e, StateId from, StateId to) {
  if (full_ || !productive(e)) return;
  const Expr expr = grammar_.expr(e);
  switch (expr.op) {
    case Expr::Op::literal:
      return emit_literal(grammar_.texts[index(expr.a)], from, to);
    case Expr::Op::chars:
      return emit_chars(e, from, to);
    case Expr::Op::bytes:
      for (const CodePointRange& r : grammar_.sets[index(expr.a)].ranges()) {
        states[index(from)].bytes.push_back(
            {static_cast<std::uint8_t>(r.first), static_cast<std::uint8_t>(r.last), to});
      }
      return;
    case Expr::Op::sequence: {
      StateId at = from;
      for (std::int32_t i = 0; i < expr.b; ++i) {
        const StateId next = i + 1 == expr.b ? to : add_state();
        emit(grammar_.children[index(expr.a + i)], at, next);
        at = next;
      }
      if (expr.b == 0) connect(from, to);
      return;
    }
    case Expr::Op::choice:
      for (std::int32_t i = 0; i < expr.b; ++i) {
        emit(grammar_.children[index(expr.a + i)], from, to);
      }
      return;
    case Expr::Op::repeat:
      return emit_repeat(expr, from, to);
    case Expr::Op::call:
      return emit_call(expr.a, from, to, /*skip=*/true);
  }
}

void Draft::emit_literal(const std::string& text, StateId from, StateId to) {
  StateId at = from;
  for (std::size_t i = 0; i < text.size() && !full_; ++i) {
    const StateId next = i + 1 == text.size() ? to : add_state();
    const auto byte = static_cast<std::uint8_t>(text[i]);
    states[index(at)].bytes.push_back({byte, byte, next});
    at = next;
  }
}

StateId Draft::state_before(const ByteSequence& rest, std::map<ByteSequence, StateId>& shared,
                            StateId to) {
  if (rest.empty()) return to;
  const auto found = shared.find(rest);
  if (found != shared.end()) return found->second;
  const StateId next = state_before({rest.begin() + 1, rest.end()}, shared, to);
  const StateId state = add_state();
  states[index(state)].bytes.push_back({rest[0].first, rest[0].last, next});
  shared.emplace(rest, state);
  return state;
}

void Draft::emit_chars(ExprId e, StateId from, StateId to) {
  const std::vector<ByteSequence> sequences =
      utf8_sequences(grammar_.sets[index(grammar_.expr(e).a)]);
  // The rule itself gets the edges.
  const auto hidden = hidden_.find(e);
  const bool is_rule = hidden != hidden_.end() && rules[index(hidden->second)].start == from;
  if (sequences.size() > kInlineSequences && !is_rule) {
    return emit_call(hidden_rule(e), from, to, /*skip=*/false);
  }
  std::map<ByteSequence, StateId> shared;
  for (const ByteSequence& sequence : sequences) {
    const StateId next = state_before({sequence.begin() + 1, sequence.end()}, shared, to);
    states[index(from)].bytes.push_back({sequence[0].first, sequence[0].last, next});
  }
}

bool Draft::is_one_edge(ExprId e) const {
  const Expr& expr = grammar_.expr(e);
  return expr.op == Expr::Op::call ||
         (expr.op == Expr::Op::literal && grammar_.texts[index(expr.a)].size() == 1) ||
         (expr.op == Expr::Op::chars && is_ascii(grammar_.sets[index(expr.a)]));
}

void Draft::emit_copy(ExprId part, bool counted, StateId from, StateId to) {
  const Expr& expr = grammar_.expr(part);
  if (expr.op == Expr::Op::call) return emit_call(expr.a, from, to, /*skip=*/false);
  if (!counted || is_one_edge(part)) return emit(part, from, to);
  emit_call(hidden_rule(part), from, to, /*skip=*/false);
}

// A chain with a state for each count: those from `min` on lead to the end as well. A part that
// may be empty is left out instead: then the least count is 0.
void Draft::emit_repeat(const Expr& repeat, StateId from, StateId to) {
  if (!productive(repeat.a) || repeat.c == 0) return connect(from, to);
  const std::int32_t min = nullable_expr(repeat.a) ? 0 : repeat.b;
  const bool endless = repeat.c == kUnbounded;
  const std::int32_t last = endless ? min : repeat.c;
  const bool counted = last > 2;
  StateId first_required = -1, first_optional = -1;
  StateId at = add_state();
  connect(from, at);
  for (std::int32_t i = 0; !full_; ++i) {
    if (i == 0) first_required = at;
    if (i == min) first_optional = at;
    if (i < min && far_from(i, 0, min)) representative[index(at)] = first_required;
    if (!endless && i >= min && far_from(i, min, last)) {
      representative[index(at)] = first_optional;
    }
    if (i >= min) connect(at, to);
    if (i == last) break;
    const StateId next = add_state();
    emit_copy(repeat.a, counted, at, next);
    at = next;
  }
  if (endless) emit_copy(repeat.a, counted, at, at);
}

}  // namespace pincer::grammar
