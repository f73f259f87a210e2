// Where in memory the weights lie, on machines with several memory nodes (sockets; CXL memory shows
// up as a node without CPUs).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

class WeightPool;

struct Placement {
  int node = -1;         // of the weights; -1: wherever the system puts them
  int near_layers = -1;  // with far_node: so many of the first layers, and the head, are on `node`
  int far_node = -1;     // ... and the other layers on this one; -1: all are on `node`
};

// "1", or "near=0:20,far=1" (20 layers on node 0, the rest on node 1). Errors say what is expected.
Result<Placement> parse_placement(std::string_view text);

struct MemoryNode {
  int id = 0;
  int cpus = 0;  // 0: memory only, such as CXL
  std::int64_t bytes = 0;
};
// In order of id. `root` stands before /sys: "/" but in tests. A system that does not say has node
// 0.
std::vector<MemoryNode> memory_nodes(const std::filesystem::path& root = "/");
// Error not_found: names the missing node and lists those there are.
Result<void> check_placement(const Placement& placement, const std::vector<MemoryNode>& nodes);

// Moves the pool's pages to their nodes. Pages that other processes have mapped as well stay where
// they are: there is one copy. Error unsupported: the system refuses.
Result<void> place(const WeightPool& pool, const Placement& placement);

// While it lives, pages that this thread brings into the file cache go to `node` if there is room;
// nothing for -1.
class PreferNode {
 public:
  explicit PreferNode(int node);
  ~PreferNode();
  PreferNode(const PreferNode&) = delete;
  PreferNode& operator=(const PreferNode&) = delete;

 private:
  bool set_ = false;
};

}  // namespace pincer
