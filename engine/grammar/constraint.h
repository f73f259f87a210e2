// A compiled grammar with what all its generations share: the machine's states and the masks.
#pragma once

#include <memory>
#include <mutex>

#include "engine/grammar/automaton.h"
#include "engine/grammar/machine.h"
#include "engine/grammar/token_masks.h"
#include "engine/grammar/token_trie.h"
#include "pincer/engine/constraint.h"
#include "pincer/engine/output_format.h"
#include "pincer/engine/result.h"

namespace pincer {

// Thread-safe: what is computed on the way stands behind one mutex, which is held for the
// microseconds that a mask takes.
class Constraint {
 public:
  // Errors: those of the notation (each front end's header), of build_automaton, and limit (the
  // first mask took too long), unsupported (no token of the vocabulary can begin the text).
  static Result<std::shared_ptr<const Constraint>> make(
      const OutputFormat& format, std::shared_ptr<const grammar::TokenTrie> trie);

  const grammar::TokenTrie& trie() const { return *trie_; }
  std::size_t memory() const;  // about; bytes

 private:
  friend class Matcher;
  Constraint(grammar::Automaton automaton, std::shared_ptr<const grammar::TokenTrie> trie);

  std::shared_ptr<const grammar::TokenTrie> trie_;
  grammar::Automaton automaton_;
  mutable std::mutex mutex_;  // of all that follows, the machines that matchers hold included
  mutable grammar::TokenMasks masks_;
  mutable std::shared_ptr<grammar::Machine> machine_;  // for new matchers; old ones move to it
};

}  // namespace pincer
