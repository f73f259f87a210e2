// The blocks of one sequence: one list for each group of layers. A group is the layers that see as
// far back as each other (a sliding window); in most models there is one, and group 0 is always
// that of the layers that see every key.
#pragma once

#include <span>
#include <vector>

namespace pincer {

struct KvBlocks {
  struct Group {
    // Block i holds tokens 32 i to 32 i + 31 (kKvBlockTokens); -1: given back, no later row sees
    // it.
    std::vector<int> ids;
    int first = 0;  // all before it are -1
  };
  std::vector<Group> groups;
  int kept = 0;  // the first blocks, which the prefix cache has seen

  int count() const { return groups.empty() ? 0 : static_cast<int>(groups[0].ids.size()); }
};

// A view of them; one list serves all layers where a cache has a single group.
class KvBlockLists {
 public:
  KvBlockLists(const KvBlocks& blocks) : blocks_(&blocks) {}  // NOLINT(*-explicit-*)
  KvBlockLists(const std::vector<int>& one) : one_(one) {}    // NOLINT(*-explicit-*)
  KvBlockLists(std::span<const int> one) : one_(one) {}       // NOLINT(*-explicit-*)
  std::span<const int> group(int g) const {
    if (blocks_ == nullptr) return one_;
    return blocks_->groups[static_cast<std::size_t>(g)].ids;
  }

 private:
  const KvBlocks* blocks_ = nullptr;
  std::span<const int> one_;
};

}  // namespace pincer
