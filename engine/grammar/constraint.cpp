#include "engine/grammar/constraint.h"

#include <fmt/format.h>

#include <utility>

#include "engine/grammar/front_ends.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/matcher.h"

namespace pincer {

Constraint::Constraint(grammar::Automaton automaton, std::shared_ptr<const grammar::TokenTrie> trie)
    : trie_(std::move(trie)),
      automaton_(std::move(automaton)),
      masks_(automaton_, *trie_),
      machine_(std::make_shared<grammar::Machine>(automaton_)) {}

Result<std::shared_ptr<const Constraint>> Constraint::make(
    const OutputFormat& format, std::shared_ptr<const grammar::TokenTrie> trie) {
  auto grammar = grammar::read_format(format);
  if (!grammar) return grammar.error();
  auto automaton = grammar::build_automaton(*grammar);
  if (!automaton) return automaton.error();
  std::shared_ptr<const Constraint> made(new Constraint(std::move(*automaton), std::move(trie)));
  // Most of what is too slow shows at once, and can still be refused.
  const auto first = Matcher(made).mask();
  if (first == nullptr) {
    return Error{ErrorCode::limit,
                 "the grammar can be read in too many ways at once to be followed; make it less "
                 "ambiguous, or its counts smaller"};
  }
  if (first->empty()) {
    return Error{ErrorCode::unsupported,
                 "no token of the model can begin what the grammar asks for"};
  }
  return made;
}

std::size_t Constraint::memory() const {
  const std::lock_guard lock(mutex_);
  return sizeof(Constraint) + automaton_.memory() + masks_.memory() + machine_->memory();
}

}  // namespace pincer
