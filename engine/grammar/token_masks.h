// From a state of the machine to the tokens that may come.
//
// Most of a token's fate is decided inside the rule that it begins in, whoever called that rule:
// that part is computed once for each set of places in a rule and kept (the context-independent
// tokens of XGrammar, arXiv 2411.15100). What is left are tokens that go on behind the rule's end;
// only the branches of the trie behind such ends are walked for each state.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engine/grammar/automaton.h"
#include "engine/grammar/machine.h"
#include "engine/grammar/mask.h"
#include "engine/grammar/token_trie.h"

namespace pincer::grammar {

// Not thread-safe.
class TokenMasks {
 public:
  // Both outlive this.
  TokenMasks(const Automaton& automaton, const TokenTrie& trie)
      : automaton_(automaton), trie_(trie) {}

  // `machine` runs the automaton. Null when it took more than `most_work` of its operations.
  std::shared_ptr<const Mask> mask(Machine& machine, MachineState state, std::int64_t most_work);
  std::size_t memory() const { return bytes_; }  // about; bytes

 private:
  struct LocalMask {
    std::vector<TokenId> few;  // the tokens, or
    std::shared_ptr<const Mask> many;
    std::vector<std::uint32_t> leaves;  // nodes of the trie behind which the rule may have ended
    std::size_t memory() const;
  };

  // Each is false, or null, when the work is too much.
  bool add(Machine& machine, MachineState state, Mask& out);
  bool walk(Machine& machine, std::span<const TrieNode> nodes, std::size_t begin, std::size_t end,
            MachineState from, Mask& out, std::vector<std::uint32_t>* leaves);
  const LocalMask* local(Machine& machine, std::span<const Item> group);

  const Automaton& automaton_;
  const TokenTrie& trie_;
  std::map<std::vector<StateId>, LocalMask> local_;
  std::size_t bytes_ = 0;
  std::int64_t most_work_ = 0;  // of the machine, for the mask in hand
  std::vector<MachineState> path_;
};

}  // namespace pincer::grammar
