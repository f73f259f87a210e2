#include "pincer/engine/placement.h"

#include <fmt/format.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>

#include "engine/limits/memory_room.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {
namespace fs = std::filesystem;
namespace {

constexpr int kMaxNodes = 1024;

// As the kernel wants sets of nodes.
struct NodeMask {
  static constexpr int kBits = 8 * sizeof(unsigned long);
  unsigned long words[kMaxNodes / kBits] = {};
  explicit NodeMask(int node) { words[node / kBits] = 1UL << (node % kBits); }
};

std::optional<int> number(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "0-2,5" to its numbers.
std::vector<int> number_list(const std::string& text) {
  std::vector<int> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(',', at);
    if (end == std::string::npos) end = text.size();
    const std::string part = text.substr(at, end - at);
    const auto dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : number(part.substr(dash + 1));
    for (int i = first.value_or(0); first && last && i <= std::min(*last, kMaxNodes - 1); ++i)
      out.push_back(i);
    at = end + 1;
  }
  return out;
}

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::int64_t node_bytes(const fs::path& dir) {
  std::ifstream in(dir / "meminfo");  // "Node 0 MemTotal:       24684084 kB"
  std::string word;
  while (in >> word) {
    std::int64_t kib = 0;
    if (word == "MemTotal:" && in >> kib) return kib * 1024;
  }
  return 0;
}

Result<void> move_range(const std::uint8_t* data, std::int64_t bytes, int node) {
  const NodeMask mask(node);
  // Pages that others share are skipped, not moved.
  const long failed = ::syscall(SYS_mbind, data, bytes, MPOL_PREFERRED, mask.words, kMaxNodes,
                                static_cast<unsigned>(MPOL_MF_MOVE));
  if (failed == 0) return {};
  return Error{ErrorCode::unsupported,
               fmt::format("the system refuses to place weights on memory node {}: {}", node,
                           std::strerror(errno))};
}

// Of "blk.12.down"; -1 for what belongs to no layer.
int layer_of(std::string_view weight) {
  constexpr std::string_view kPrefix = "blk.";
  if (!weight.starts_with(kPrefix)) return -1;
  const std::string_view rest = weight.substr(kPrefix.size());
  return number(rest.substr(0, rest.find('.'))).value_or(-1);
}

}  // namespace

Result<Placement> parse_placement(std::string_view text) {
  Placement placement;
  if (const auto node = number(text)) {
    placement.node = *node;
    return placement;
  }
  constexpr std::string_view kNear = "near=", kFar = ",far=";
  const auto colon = text.find(':'), far = text.find(kFar);
  if (text.starts_with(kNear) && colon != std::string_view::npos && far != std::string_view::npos &&
      colon < far) {
    const auto near_node = number(text.substr(kNear.size(), colon - kNear.size()));
    const auto layers = number(text.substr(colon + 1, far - colon - 1));
    const auto far_node = number(text.substr(far + kFar.size()));
    if (near_node && layers && far_node) return Placement{*near_node, *layers, *far_node};
  }
  return Error{ErrorCode::invalid_argument,
               fmt::format("'{}' is no placement; give a memory node, as in 0, or two and how many "
                           "layers go to the first, as in near=0:20,far=1",
                           text)};
}

std::vector<MemoryNode> memory_nodes(const fs::path& root) {
  const fs::path dir = root / "sys/devices/system/node";
  std::vector<MemoryNode> nodes;
  for (const int id : number_list(first_line(dir / "online"))) {
    const fs::path node = dir / fmt::format("node{}", id);
    nodes.push_back(
        {id, static_cast<int>(number_list(first_line(node / "cpulist")).size()), node_bytes(node)});
  }
  if (nodes.empty()) nodes.push_back({});
  return nodes;
}

Result<void> check_placement(const Placement& placement, const std::vector<MemoryNode>& nodes) {
  for (const int wanted : {placement.node, placement.far_node}) {
    if (wanted < 0 || std::ranges::find(nodes, wanted, &MemoryNode::id) != nodes.end()) continue;
    std::string there;
    for (const MemoryNode& n : nodes) {
      there += fmt::format("{}{} ({}, {} CPUs)", there.empty() ? "" : ", ", n.id,
                           human_bytes(n.bytes), n.cpus);
    }
    return Error{ErrorCode::not_found,
                 fmt::format("there is no memory node {}; this machine has: {}", wanted, there)};
  }
  return {};
}

Result<void> place(const WeightPool& pool, const Placement& placement) {
  if (placement.node < 0) return {};
  const auto memory = pool.memory();
  if (placement.far_node < 0)
    return move_range(memory.data(), static_cast<std::int64_t>(memory.size()), placement.node);
  // Weights follow each other in the file; each has its own pages.
  std::vector<std::pair<std::int64_t, int>> starts;  // offset, node
  for (const auto& [name, offset] : pool.offsets()) {
    const int node = layer_of(name) < placement.near_layers ? placement.node : placement.far_node;
    starts.emplace_back(offset, node);
  }
  std::ranges::sort(starts);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto [offset, node] = starts[i];
    const std::int64_t end =
        i + 1 < starts.size() ? starts[i + 1].first : static_cast<std::int64_t>(memory.size());
    if (auto moved = move_range(memory.data() + offset, end - offset, node); !moved) return moved;
  }
  return {};
}

PreferNode::PreferNode(int node) {
  if (node < 0) return;
  const NodeMask mask(node);
  set_ = ::syscall(SYS_set_mempolicy, MPOL_PREFERRED, mask.words, kMaxNodes) == 0;
}

PreferNode::~PreferNode() {
  if (set_) ::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0);
}

}  // namespace pincer
