// Runs an automaton over bytes: all readings of the text at once, as a deterministic machine whose
// states are made when they are first needed.
//
// A state is a set of items: a place in a rule, and a node that says what follows when that rule
// ends. A node is the list of places that called the rule, each with a node of its own; equal nodes
// are one object. So a text nested alike is in the same state however it got there, in a string it
// stays in one state, and a chain of tail calls needs one node (graph-structured stacks, Tomita
// 1985; lazy determinisation as regular expression libraries do it).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/grammar/automaton.h"
#include "engine/grammar/mask.h"

namespace pincer::grammar {

using MachineState = std::int32_t;
inline constexpr MachineState kDead = -1;  // no reading is left

using NodeId = std::int32_t;

struct Item {
  StateId state = 0;
  NodeId node = 0;
  auto operator<=>(const Item&) const = default;
};

// Not thread-safe.
class Machine {
 public:
  static constexpr NodeId kRoot = 0;    // the text ends here
  static constexpr NodeId kBottom = 1;  // what is above is not known: local() begins here

  explicit Machine(const Automaton& automaton);

  MachineState start();
  // The state with these places of one rule, and an unknown caller.
  MachineState local(std::span<const StateId> places);
  // What follows when the rule of this node has ended.
  MachineState after(NodeId node);
  MachineState step(MachineState state, std::uint8_t byte);

  bool may_end(MachineState state) const { return at(state).ends; }
  // The rule of local() may have ended here.
  bool leaves(MachineState state) const { return at(state).leaves; }
  bool may_continue(MachineState state) const { return !at(state).kernel.empty(); }
  // Items that bytes or ended rules led to, without those that they call; sorted by node.
  std::span<const Item> kernel(MachineState state) const { return at(state).kernel; }

  // The same state in another machine of the same automaton.
  MachineState move_to(Machine& other, MachineState state) const;

  // False at the first call for a state.
  bool came_before(MachineState state) {
    return std::exchange(states_[static_cast<std::size_t>(state)].came, true);
  }
  // Masks that are known already, by state (token_masks.h).
  std::shared_ptr<const Mask>& mask(MachineState state) {
    return states_[static_cast<std::size_t>(state)].mask;
  }
  void charge(std::size_t bytes) { bytes_ += bytes; }

  std::size_t memory() const { return bytes_; }  // about; bytes
  std::int64_t work() const { return work_; }    // elementary operations so far

 private:
  struct Closed {
    std::vector<Item> kernel;  // those with edges
    bool ends = false, leaves = false;
  };
  struct State : Closed {
    std::vector<Item> items;         // kernel and called ones that have byte edges
    std::vector<MachineState> next;  // [classes]; empty until the first step
    std::shared_ptr<const Mask> mask;
    bool came = false;
  };
  struct Node {
    std::vector<Item> callers;
    bool ends = false, leaves = false;
    MachineState after = kUnknown;
    auto key() const { return std::tie(callers, ends, leaves); }
  };
  static constexpr MachineState kUnknown = -2;

  const State& at(MachineState state) const { return states_[static_cast<std::size_t>(state)]; }
  MachineState make_state(const std::vector<Item>& reached, bool ends, bool leaves);
  Closed close(const std::vector<Item>& reached, bool ends, bool leaves);
  std::vector<Item> predict(const std::vector<Item>& kernel);
  NodeId node_for(const std::vector<Item>& callers);
  NodeId intern(Node node);
  NodeId import_node(const Machine& from, NodeId node, std::unordered_map<NodeId, NodeId>& known);

  const Automaton& automaton_;
  std::deque<State> states_;
  std::vector<Node> nodes_;
  std::unordered_multimap<std::uint64_t, MachineState> state_index_;
  std::unordered_multimap<std::uint64_t, NodeId> node_index_;
  std::size_t bytes_ = 0;
  std::int64_t work_ = 0;
};

}  // namespace pincer::grammar
