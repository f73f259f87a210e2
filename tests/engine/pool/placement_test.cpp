#include "pincer/engine/placement.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

TEST(Placement, IsANodeOrTwoWithLayers) {
  EXPECT_EQ(parse_placement("3")->node, 3);
  EXPECT_EQ(parse_placement("3")->far_node, -1);
  const auto tiers = parse_placement("near=0:20,far=1");
  ASSERT_TRUE(tiers);
  EXPECT_EQ(tiers->node, 0);
  EXPECT_EQ(tiers->near_layers, 20);
  EXPECT_EQ(tiers->far_node, 1);
  for (const char* wrong : {"", "-1", "x", "near=0", "near=0:20", "near=0,far=1", "far=1,near=0:20",
                            "near=0:,far=1", "near=0:20,far=", "near=:2,far=1", "1 "}) {
    const auto refused = parse_placement(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("near=0:20,far=1"), std::string::npos);
  }
}

TEST(Placement, NodesAreReadFromTheSystem) {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    const auto file = folder / ("sys/devices/system/node/" + name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  };
  EXPECT_EQ(memory_nodes(folder.path()).size(), 1u);
  write("online", "0,2-3\n");
  write("node0/cpulist", "0-7\n");
  write("node0/meminfo", "Node 0 MemTotal:       1000 kB\nNode 0 MemFree: 5 kB\n");
  write("node2/cpulist", "\n");
  write("node2/meminfo", "Node 2 MemTotal:       64000000 kB\n");
  const auto nodes = memory_nodes(folder.path());
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[0].cpus, 8);
  EXPECT_EQ(nodes[0].bytes, 1'024'000);
  EXPECT_EQ(nodes[1].id, 2);
  EXPECT_EQ(nodes[1].cpus, 0);
  EXPECT_EQ(nodes[2].id, 3);
  EXPECT_TRUE(check_placement({0, 4, 2}, nodes));
  const auto missing = check_placement({0, 4, 1}, nodes);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "there is no memory node 1; this machine has: 0 (1.0 MB, 8 CPUs), 2 (65.5 GB, 0 CPUs), "
            "3 (0 kB, 0 CPUs)");
}

// With one node there is nothing to see but that the system takes the calls.
TEST(Placement, AModelLoadsOntoANode) {
  const test::TemporaryFolder folder;
  test::tiny_gguf({}).write(folder / "tiny.gguf");
  const int node = memory_nodes().front().id;
  for (const Placement& placement : {Placement{node}, Placement{node, 1, node}}) {
    LoadOptions options;
    options.pool_dir = folder / "pool";
    options.placement = placement;
    const auto loaded = load_model(folder / "tiny.gguf", options);
    if (!loaded && loaded.error().code == ErrorCode::unsupported)
      GTEST_SKIP() << loaded.error().message;
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  LoadOptions options;
  options.pool_dir = folder / "pool";
  options.placement.node = 1000;
  const auto refused = load_model(folder / "tiny.gguf", options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no memory node 1000"), std::string::npos);
}

}  // namespace
}  // namespace pincer
