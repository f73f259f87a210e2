#include "engine/grammar/machine.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/grammar/index.h"

namespace pincer::grammar {
namespace {

bool by_node(const Item& a, const Item& b) {
  return std::tie(a.node, a.state) < std::tie(b.node, b.state);
}

void sort_unique(std::vector<Item>& items) {
  std::sort(items.begin(), items.end(), by_node);
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

std::uint64_t hash_of(const std::vector<Item>& items, bool ends, bool leaves) {
  return XXH3_64bits_withSeed(items.data(), items.size() * sizeof(Item),
                              (ends ? 1 : 0) + (leaves ? 2 : 0));
}

}  // namespace

Machine::Machine(const Automaton& automaton) : automaton_(automaton) {
  Node root, bottom;
  root.ends = true;
  bottom.leaves = true;
  intern(std::move(root));
  intern(std::move(bottom));
}

MachineState Machine::start() {
  return make_state({{automaton_.start[index(automaton_.root)], kRoot}}, false, false);
}

MachineState Machine::local(std::span<const StateId> places) {
  std::vector<Item> items;
  for (const StateId place : places) items.push_back({place, kBottom});
  // That the rule may end at once is its caller's business: only what comes after bytes counts.
  return make_state(items, false, false);
}

MachineState Machine::after(NodeId node) {
  if (nodes_[index(node)].after == kUnknown) {
    const std::vector<Item> callers = nodes_[index(node)].callers;
    const bool ends = nodes_[index(node)].ends, leaves = nodes_[index(node)].leaves;
    const MachineState state = make_state(callers, ends, leaves);
    nodes_[index(node)].after = state;
  }
  return nodes_[index(node)].after;
}

MachineState Machine::step(MachineState from, std::uint8_t byte) {
  State& state = states_[index(from)];
  if (state.next.empty()) {
    state.next.assign(automaton_.byte_of.size(), kUnknown);
    bytes_ += state.next.size() * sizeof(MachineState);
  }
  const std::size_t byte_class = automaton_.class_of[byte];
  ++work_;
  if (state.next[byte_class] != kUnknown) return state.next[byte_class];
  std::vector<Item> reached;
  for (const Item& item : state.items) {
    const auto edges = automaton_.byte_edges(item.state);
    work_ += static_cast<std::int64_t>(edges.size());
    for (const ByteEdge& edge : edges) {
      if (edge.first > byte) break;  // sorted
      if (byte <= edge.last) reached.push_back({edge.to, item.node});
    }
  }
  const MachineState to = reached.empty() ? kDead : make_state(reached, false, false);
  // The deque keeps `state` where it is.
  return state.next[byte_class] = to;
}

// Follows the ends of rules to their callers.
Machine::Closed Machine::close(const std::vector<Item>& reached, bool ends, bool leaves) {
  Closed out;
  out.ends = ends;
  out.leaves = leaves;
  std::vector<Item> todo = reached;
  std::set<Item> seen(todo.begin(), todo.end());
  std::set<NodeId> ended;
  while (!todo.empty()) {
    const Item item = todo.back();
    todo.pop_back();
    ++work_;
    if (automaton_.has_edges(item.state)) out.kernel.push_back(item);
    const auto reach = [&](const Item& next) {
      if (seen.insert(next).second) todo.push_back(next);
    };
    for (const CallEdge& call : automaton_.call_edges(item.state)) {
      if (call.skip) reach({call.to, item.node});
    }
    if (!automaton_.is_final(item.state) || !ended.insert(item.node).second) continue;
    const Node& node = nodes_[index(item.node)];
    out.ends = out.ends || node.ends;
    out.leaves = out.leaves || node.leaves;
    for (const Item& caller : node.callers) reach(caller);
  }
  sort_unique(out.kernel);
  return out;
}

// What is called from here, callers before callees, so that each rule's callers are all known when
// its node is made. Only items with byte edges are of use.
std::vector<Item> Machine::predict(const std::vector<Item>& kernel) {
  std::vector<Item> out;
  std::map<std::pair<std::int32_t, RuleId>, std::vector<Item>> calls;  // by rank
  std::vector<Item> todo = kernel;
  std::set<Item> seen(todo.begin(), todo.end());
  while (true) {
    while (!todo.empty()) {
      const Item item = todo.back();
      todo.pop_back();
      ++work_;
      if (!automaton_.byte_edges(item.state).empty()) out.push_back(item);
      for (const CallEdge& call : automaton_.call_edges(item.state)) {
        ++work_;
        calls[{automaton_.rank[index(call.rule)], call.rule}].push_back({call.to, item.node});
        const Item skipped{call.to, item.node};
        if (call.skip && seen.insert(skipped).second) todo.push_back(skipped);
      }
    }
    if (calls.empty()) break;
    const auto first = calls.extract(calls.begin());
    const Item called{automaton_.start[index(first.key().second)], node_for(first.mapped())};
    if (seen.insert(called).second) todo.push_back(called);
  }
  return out;
}

// A caller that has nothing more to do itself is left out for its own callers.
NodeId Machine::node_for(const std::vector<Item>& callers) {
  Node node;
  for (const Item& caller : callers) {
    if (automaton_.has_edges(caller.state)) {
      node.callers.push_back(caller);
      continue;
    }
    const Node& outer = nodes_[index(caller.node)];
    node.ends = node.ends || outer.ends;
    node.leaves = node.leaves || outer.leaves;
    work_ += static_cast<std::int64_t>(outer.callers.size());
    node.callers.insert(node.callers.end(), outer.callers.begin(), outer.callers.end());
  }
  sort_unique(node.callers);
  return intern(std::move(node));
}

NodeId Machine::intern(Node node) {
  const std::uint64_t hash = hash_of(node.callers, node.ends, node.leaves);
  const auto [first, last] = node_index_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (nodes_[index(it->second)].key() == node.key()) return it->second;
  }
  const auto id = static_cast<NodeId>(nodes_.size());
  bytes_ += sizeof(Node) + node.callers.size() * sizeof(Item) + 64;
  nodes_.push_back(std::move(node));
  node_index_.emplace(hash, id);
  return id;
}

MachineState Machine::make_state(const std::vector<Item>& reached, bool ends, bool leaves) {
  Closed closed = close(reached, ends, leaves);
  const std::uint64_t hash = hash_of(closed.kernel, closed.ends, closed.leaves);
  const auto [first, last] = state_index_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const State& known = at(it->second);
    if (known.kernel == closed.kernel && known.ends == closed.ends &&
        known.leaves == closed.leaves) {
      return it->second;
    }
  }
  State state;
  static_cast<Closed&>(state) = std::move(closed);
  state.items = predict(state.kernel);
  bytes_ += sizeof(State) + (state.kernel.size() + state.items.size()) * sizeof(Item) + 64;
  const auto id = static_cast<MachineState>(states_.size());
  states_.push_back(std::move(state));
  state_index_.emplace(hash, id);
  return id;
}

NodeId Machine::import_node(const Machine& from, NodeId node,
                            std::unordered_map<NodeId, NodeId>& known) {
  // Callers before the node itself, with an own stack: texts may be nested deeper than the
  // thread's.
  std::vector<NodeId> path = {node};
  while (!path.empty()) {
    const Node& source = from.nodes_[index(path.back())];
    const auto missing = std::find_if(source.callers.begin(), source.callers.end(),
                                      [&](const Item& c) { return !known.contains(c.node); });
    if (missing != source.callers.end()) {
      path.push_back(missing->node);
      continue;
    }
    Node copy;
    copy.ends = source.ends;
    copy.leaves = source.leaves;
    for (const Item& c : source.callers) copy.callers.push_back({c.state, known.at(c.node)});
    sort_unique(copy.callers);
    known.emplace(path.back(), intern(std::move(copy)));
    path.pop_back();
  }
  return known.at(node);
}

MachineState Machine::move_to(Machine& other, MachineState state) const {
  if (state == kDead) return kDead;
  std::unordered_map<NodeId, NodeId> known = {{kRoot, kRoot}, {kBottom, kBottom}};
  std::vector<Item> items;
  for (const Item& item : at(state).kernel) {
    if (!known.contains(item.node)) other.import_node(*this, item.node, known);
    items.push_back({item.state, known.at(item.node)});
  }
  return other.make_state(items, at(state).ends, at(state).leaves);
}

}  // namespace pincer::grammar
