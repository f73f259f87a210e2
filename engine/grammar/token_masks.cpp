#include "engine/grammar/token_masks.h"

#include <algorithm>
#include <utility>

#include "engine/grammar/limits.h"

namespace pincer::grammar {
namespace {

// Of a mask that is kept as a list.
constexpr std::int32_t kFew = 256;

}  // namespace

std::size_t TokenMasks::LocalMask::memory() const {
  return sizeof(LocalMask) + few.size() * sizeof(TokenId) + (many ? many->memory() : 0) +
         leaves.size() * sizeof(std::uint32_t) + 96;
}

std::shared_ptr<const Mask> TokenMasks::mask(Machine& machine, MachineState state,
                                             std::int64_t most_work) {
  if (const auto& known = machine.mask(state)) return known;
  most_work_ = machine.work() + most_work;
  auto mask = std::make_shared<Mask>(trie_.vocab_size());
  if (!add(machine, state, *mask)) return nullptr;
  // A state that comes once, as most do, is not worth the memory.
  if (machine.came_before(state)) {
    machine.charge(mask->memory());
    machine.mask(state) = mask;
  }
  return mask;
}

bool TokenMasks::add(Machine& machine, MachineState state, Mask& out) {
  if (machine.may_end(state)) {
    for (const TokenId token : trie_.end_tokens()) out.set(token);
  }
  const std::span<const TrieNode> nodes = trie_.short_tokens();
  // Walking may make states, but moves none.
  const std::span<const Item> kernel = machine.kernel(state);
  for (std::size_t i = 0; i < kernel.size();) {
    std::size_t end = i;
    while (end < kernel.size() && kernel[end].node == kernel[i].node) ++end;
    const LocalMask* own = local(machine, kernel.subspan(i, end - i));
    if (own == nullptr) return false;
    for (const TokenId token : own->few) out.set(token);
    if (own->many) out.unite(*own->many);
    const MachineState after = machine.after(kernel[i].node);
    i = end;
    if (!machine.may_continue(after)) continue;
    for (const std::uint32_t node : own->leaves) {
      if (!walk(machine, nodes, node + 1, nodes[node].end, after, out, nullptr)) return false;
    }
  }
  const std::span<const TrieNode> rare = trie_.long_tokens();
  if (!walk(machine, rare, 0, rare.size(), state, out, nullptr)) return false;
  for (const auto& [token, twin] : trie_.twins()) {
    if (out.test(token)) out.set(twin);
  }
  return true;
}

bool TokenMasks::walk(Machine& machine, std::span<const TrieNode> nodes, std::size_t begin,
                      std::size_t end, MachineState from, Mask& out,
                      std::vector<std::uint32_t>* leaves) {
  if (begin >= end) return true;
  const std::size_t base = nodes[begin].depth;
  path_.assign(1, from);  // [depth - base]: the state before a byte of that depth
  for (std::size_t i = begin; i < end;) {
    const TrieNode& node = nodes[i];
    const std::size_t depth = node.depth - base;
    const MachineState to = machine.step(path_[depth], node.byte);
    if (machine.work() > most_work_) return false;
    if (to == kDead) {
      i = node.end;
      continue;
    }
    if (node.token >= 0) out.set(node.token);
    if (leaves != nullptr && machine.leaves(to) && node.end > i + 1) {
      leaves->push_back(static_cast<std::uint32_t>(i));
    }
    path_.resize(depth + 1);
    path_.push_back(to);
    ++i;
  }
  return true;
}

const TokenMasks::LocalMask* TokenMasks::local(Machine& machine, std::span<const Item> group) {
  std::vector<StateId> places;
  for (const Item& item : group) {
    places.push_back(automaton_.representative[static_cast<std::size_t>(item.state)]);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  const auto found = local_.find(places);
  if (found != local_.end()) return &found->second;

  LocalMask made;
  auto mask = std::make_shared<Mask>(trie_.vocab_size());
  const std::span<const TrieNode> nodes = trie_.short_tokens();
  if (!walk(machine, nodes, 0, nodes.size(), machine.local(places), *mask, &made.leaves)) {
    return nullptr;
  }
  if (mask->count() <= kFew) {
    made.few = mask->to_list();
  } else {
    made.many = std::move(mask);
  }
  const std::size_t bytes = made.memory() + places.size() * sizeof(StateId);
  if (bytes_ + bytes > kLocalMaskBytes) {
    local_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes;
  return &local_.emplace(std::move(places), std::move(made)).first->second;
}

}  // namespace pincer::grammar
