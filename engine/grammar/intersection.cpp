#include "engine/grammar/intersection.h"

#include <fmt/format.h>

#include <map>
#include <memory>

#include "engine/grammar/automaton.h"
#include "engine/grammar/index.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/machine.h"

namespace pincer::grammar {
namespace {

constexpr std::size_t kMaxProductStates = 4000;
constexpr std::int64_t kMaxProductWork = 50'000'000;

// `part` copied into a grammar of its own.
class Extract {
 public:
  explicit Extract(const Grammar& from) : from_(from) {}

  Grammar run(ExprId part) {
    to_.root = to_.declare("pattern");
    to_.define(to_.root, copy(part));
    return std::move(to_);
  }

 private:
  ExprId copy(ExprId id) {
    const auto known = copies_.find(id);
    if (known != copies_.end()) return known->second;
    const Expr expr = from_.expr(id);
    ExprId out = -1;
    switch (expr.op) {
      case Expr::Op::literal:
        out = to_.literal(from_.texts[index(expr.a)]);
        break;
      case Expr::Op::chars:
        out = to_.chars(from_.sets[index(expr.a)]);
        break;
      case Expr::Op::bytes: {
        const CodePointRange& range = from_.sets[index(expr.a)].ranges()[0];
        out = to_.bytes(static_cast<std::uint8_t>(range.first),
                        static_cast<std::uint8_t>(range.last));
        break;
      }
      case Expr::Op::sequence:
      case Expr::Op::choice: {
        std::vector<ExprId> parts;
        for (std::int32_t i = 0; i < expr.b; ++i) {
          parts.push_back(copy(from_.children[index(expr.a + i)]));
        }
        out = expr.op == Expr::Op::sequence ? to_.sequence(parts) : to_.choice(parts);
        break;
      }
      case Expr::Op::repeat:
        out = to_.repeat(copy(expr.a), expr.b, expr.c);
        break;
      case Expr::Op::call:
        out = to_.call(copy_rule(expr.a));
        break;
    }
    copies_.emplace(id, out);
    return out;
  }

  RuleId copy_rule(RuleId rule) {
    const auto [found, is_new] = rules_.emplace(rule, static_cast<RuleId>(to_.rules.size()));
    const RuleId own = found->second;
    if (is_new) {
      to_.declare(from_.rules[index(rule)].name);
      const ExprId body = copy(from_.rules[index(rule)].body);
      to_.define(own, body);
    }
    return own;
  }

  const Grammar& from_;
  Grammar to_;
  std::map<ExprId, ExprId> copies_;
  std::map<RuleId, RuleId> rules_;
};

// An automaton with the machine that runs it.
struct Runner {
  static Result<std::unique_ptr<Runner>> make(const Grammar& grammar, ExprId part) {
    auto automaton = build_automaton(Extract(grammar).run(part));
    if (!automaton) return automaton.error();
    return std::make_unique<Runner>(std::move(*automaton));
  }
  explicit Runner(Automaton a) : automaton(std::move(a)), machine(automaton) {}

  Automaton automaton;
  Machine machine;
};

// Each combination of the machines' states is a rule: a byte, and the rule of what follows.
class Product {
 public:
  Product(Grammar& grammar, std::vector<std::unique_ptr<Runner>> runners)
      : grammar_(grammar), runners_(std::move(runners)) {
    std::array<bool, 257> begins{};
    for (const auto& runner : runners_) {
      for (std::size_t byte = 1; byte < 256; ++byte) {
        begins[byte] = begins[byte] ||
                       runner->automaton.class_of[byte] != runner->automaton.class_of[byte - 1];
      }
    }
    begins[256] = true;
    for (std::size_t byte = 0, first = 0; byte < 256; ++byte) {
      if (!begins[byte + 1]) continue;
      ranges_.push_back({static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(byte)});
      first = byte + 1;
    }
  }

  Result<ExprId> run() {
    States start;
    for (const auto& runner : runners_) start.push_back(runner->machine.start());
    const RuleId root = rule_of(start);
    std::int64_t work = 0;
    while (!todo_.empty()) {
      const auto place = todo_.back();
      todo_.pop_back();
      grammar_.define(place->second, body(place->first));
      work = 0;
      for (const auto& runner : runners_) work += runner->machine.work();
      if (rules_.size() <= kMaxProductStates && work <= kMaxProductWork && !grammar_.full())
        continue;
      return Error{ErrorCode::limit,
                   fmt::format("the string's pattern, format and lengths together need more than "
                               "{} states; use smaller lengths, or one of them alone",
                               kMaxProductStates)};
    }
    return grammar_.call(root);
  }

 private:
  using States = std::vector<MachineState>;

  RuleId rule_of(const States& states) {
    const auto [found, is_new] = rules_.emplace(states, -1);
    if (is_new) {
      found->second = grammar_.declare("pattern");
      todo_.push_back(found);
    }
    return found->second;
  }

  ExprId body(const States& states) {
    std::vector<ExprId> forms;
    bool ends = true;
    for (std::size_t i = 0; i < states.size(); ++i) {
      ends = ends && runners_[i]->machine.may_end(states[i]);
    }
    if (ends) forms.push_back(grammar_.empty());
    for (const ByteRange& range : ranges_) {
      States next;
      for (std::size_t i = 0; i < states.size(); ++i) {
        next.push_back(runners_[i]->machine.step(states[i], range.first));
        if (next.back() == kDead) break;
      }
      if (next.back() == kDead) continue;
      forms.push_back(grammar_.sequence(
          {grammar_.bytes(range.first, range.last), grammar_.call(rule_of(next))}));
    }
    return grammar_.choice(forms);
  }

  Grammar& grammar_;
  std::vector<std::unique_ptr<Runner>> runners_;
  std::vector<ByteRange> ranges_;  // that no automaton tells apart
  std::map<States, RuleId> rules_;
  std::vector<std::map<States, RuleId>::iterator> todo_;
};

}  // namespace

Result<ExprId> intersect(Grammar& grammar, const std::vector<ExprId>& parts) {
  if (parts.size() == 1) return parts[0];
  std::vector<std::unique_ptr<Runner>> runners;
  for (const ExprId part : parts) {
    auto runner = Runner::make(grammar, part);
    if (!runner) return runner.error();
    runners.push_back(std::move(*runner));
  }
  return Product(grammar, std::move(runners)).run();
}

Result<bool> matches(const Grammar& grammar, ExprId part, std::string_view text) {
  auto runner = Runner::make(grammar, part);
  if (!runner) return runner.error();
  MachineState state = (*runner)->machine.start();
  for (const char byte : text) {
    if (state == kDead) return false;
    state = (*runner)->machine.step(state, static_cast<std::uint8_t>(byte));
  }
  return state != kDead && (*runner)->machine.may_end(state);
}

}  // namespace pincer::grammar
