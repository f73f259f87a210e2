#include "engine/grammar/automaton.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>

#include "engine/grammar/draft.h"
#include "engine/grammar/index.h"
#include "engine/grammar/limits.h"

namespace pincer::grammar {
namespace {

template <class T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Gives every state the edges of all that it reaches by epsilon edges.
class EpsilonElimination {
 public:
  EpsilonElimination(const Draft& draft, Automaton& out) : draft_(draft), out_(out) {
    seen_.resize(draft.states.size(), -1);
    ends_.resize(draft.states.size());
    for (const Draft::DraftRule& rule : draft.rules) {
      if (rule.end >= 0) ends_[index(rule.end)] = true;
    }
  }

  Result<void> run() {
    for (std::size_t s = 0; s < draft_.states.size(); ++s) {
      out_.byte_begin.push_back(static_cast<std::uint32_t>(out_.bytes.size()));
      out_.call_begin.push_back(static_cast<std::uint32_t>(out_.calls.size()));
      out_.final.push_back(gather(static_cast<StateId>(s)));
      out_.bytes.insert(out_.bytes.end(), bytes_.begin(), bytes_.end());
      out_.calls.insert(out_.calls.end(), calls_.begin(), calls_.end());
      if (out_.bytes.size() + out_.calls.size() > kMaxEdges || visits_ > kMaxVisits) {
        return Error{ErrorCode::limit,
                     fmt::format("the grammar is too large: more than {} edges; use fewer optional "
                                 "parts one behind the other, and smaller counts",
                                 kMaxEdges)};
      }
    }
    out_.byte_begin.push_back(static_cast<std::uint32_t>(out_.bytes.size()));
    out_.call_begin.push_back(static_cast<std::uint32_t>(out_.calls.size()));
    return {};
  }

 private:
  static constexpr std::size_t kMaxVisits = 16 * kMaxEdges;

  // True when the rule may end here.
  bool gather(StateId from) {
    bytes_.clear();
    calls_.clear();
    bool final = false;
    stack_ = {from};
    seen_[index(from)] = from;
    while (!stack_.empty()) {
      const StateId s = stack_.back();
      stack_.pop_back();
      ++visits_;
      final = final || ends_[index(s)];
      const DraftState& state = draft_.states[index(s)];
      bytes_.insert(bytes_.end(), state.bytes.begin(), state.bytes.end());
      calls_.insert(calls_.end(), state.calls.begin(), state.calls.end());
      for (const StateId next : state.epsilon) {
        if (seen_[index(next)] == from) continue;
        seen_[index(next)] = from;
        stack_.push_back(next);
      }
    }
    sort_unique(bytes_);
    sort_unique(calls_);
    return final;
  }

  const Draft& draft_;
  Automaton& out_;
  std::vector<StateId> seen_;  // by the search from that state
  std::vector<bool> ends_;
  std::vector<StateId> stack_;
  std::vector<ByteEdge> bytes_;
  std::vector<CallEdge> calls_;
  std::size_t visits_ = 0;
};

// The rules that `rule` may call before it has taken a byte.
std::vector<RuleId> left_calls(const Automaton& automaton, RuleId rule) {
  std::vector<RuleId> out;
  std::vector<StateId> todo = {automaton.start[index(rule)]};
  std::unordered_set<StateId> seen(todo.begin(), todo.end());
  while (!todo.empty()) {
    const StateId s = todo.back();
    todo.pop_back();
    for (const CallEdge& call : automaton.call_edges(s)) {
      out.push_back(call.rule);
      if (call.skip && seen.insert(call.to).second) todo.push_back(call.to);
    }
  }
  sort_unique(out);
  return out;
}

std::string cycle_text(const Draft& draft, const std::vector<RuleId>& path, RuleId again) {
  std::string text;
  const auto first = std::find(path.begin(), path.end(), again);
  for (auto it = first; it != path.end(); ++it) {
    const std::string& name = draft.rules[index(*it)].name;
    if (!name.empty()) text += name + " -> ";
  }
  const std::string& name = draft.rules[index(again)].name;
  if (!name.empty()) return text + name;
  return text + text.substr(0, text.find(" -> "));
}

// Ranks the rules so that those that begin with others come first. Depth first, with an own stack:
// grammars may be deeper than the thread's.
class Ranks {
 public:
  Ranks(const Draft& draft, Automaton& automaton) : draft_(draft), automaton_(automaton) {
    automaton.rank.assign(automaton.start.size(), kNew);
  }

  Result<void> run() {
    std::int32_t next = static_cast<std::int32_t>(automaton_.start.size());
    for (std::size_t r = 0; r < automaton_.start.size(); ++r) {
      if (automaton_.start[r] < 0 || automaton_.rank[r] != kNew) continue;
      enter(static_cast<RuleId>(r));
      while (!path_.empty()) {
        auto& todo = todo_.back();
        if (todo.empty()) {
          automaton_.rank[index(path_.back())] = --next;
          path_.pop_back();
          todo_.pop_back();
          continue;
        }
        const RuleId callee = todo.back();
        todo.pop_back();
        if (automaton_.rank[index(callee)] == kOpen) return left_recursion(callee);
        if (automaton_.rank[index(callee)] == kNew) enter(callee);
      }
    }
    return {};
  }

 private:
  static constexpr std::int32_t kNew = -1, kOpen = -2;

  void enter(RuleId rule) {
    automaton_.rank[index(rule)] = kOpen;
    path_.push_back(rule);
    todo_.push_back(left_calls(automaton_, rule));
  }

  Error left_recursion(RuleId rule) const {
    return {ErrorCode::invalid_argument,
            fmt::format("left recursion: {}; put something before the recursive part, or write "
                        "the repetition as (...)*",
                        cycle_text(draft_, path_, rule))};
  }

  const Draft& draft_;
  Automaton& automaton_;
  std::vector<RuleId> path_;
  std::vector<std::vector<RuleId>> todo_;  // callees of path_ that are not visited yet
};

void find_byte_classes(Automaton& automaton) {
  std::array<bool, 257> begins{};
  begins[0] = true;
  for (const ByteEdge& edge : automaton.bytes) {
    begins[edge.first] = true;
    begins[edge.last + 1u] = true;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (begins[byte]) automaton.byte_of.push_back(static_cast<std::uint8_t>(byte));
    automaton.class_of[byte] = static_cast<std::uint8_t>(automaton.byte_of.size() - 1);
  }
}

}  // namespace

std::size_t Automaton::memory() const {
  return bytes.size() * sizeof(ByteEdge) + calls.size() * sizeof(CallEdge) +
         byte_begin.size() * (2 * sizeof(std::uint32_t) + sizeof(StateId) + 1) +
         start.size() * 2 * sizeof(StateId);
}

Result<Automaton> build_automaton(const Grammar& grammar) {
  Draft draft(grammar);
  if (auto built = draft.build(); !built) return built.error();
  Automaton out;
  if (auto done = EpsilonElimination(draft, out).run(); !done) return done.error();
  out.representative = draft.representative;
  out.root = grammar.root;
  for (const Draft::DraftRule& rule : draft.rules) out.start.push_back(rule.start);
  if (auto ranked = Ranks(draft, out).run(); !ranked) return ranked.error();
  find_byte_classes(out);
  return out;
}

}  // namespace pincer::grammar
