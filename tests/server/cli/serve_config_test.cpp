#include "server/cli/serve_config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace pincer {
namespace {

class ServeConfigFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "pincer-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<void> read(const std::string& yaml) {
    std::ofstream(folder_ / "pincer.yaml") << yaml;
    return read_serve_config(folder_ / "pincer.yaml", config_);
  }
  std::string refusal(const std::string& yaml) {
    const auto done = read(yaml);
    return done ? "" : done.error().message.substr(folder_.string().size() + 1);
  }

  std::filesystem::path folder_;
  ServeConfig config_;
};

TEST_F(ServeConfigFile, HoldsTheRouterBesideTheServer) {
  ASSERT_TRUE(
      read("version: 1\n"
           "listen: http://127.0.0.1:1\n"
           "routes: [{model: chat}]\n"
           "upstreams: [{name: local, kind: engine}]\n"));
  EXPECT_EQ(config_.listen, std::vector<std::string>{"http://127.0.0.1:1"});
  EXPECT_EQ(config_.router.routes.at(0).local, "local");
}

TEST_F(ServeConfigFile, NamesTheFileTheLineAndTheKeyThatWasMeant) {
  EXPECT_EQ(refusal("threads: 1\nroute: []\n"),
            "pincer.yaml:2: unknown key 'route'; did you mean 'routes'?");
  EXPECT_EQ(refusal("threads: many\n").substr(0, 25), "pincer.yaml:1: 'threads':");
  EXPECT_EQ(refusal("threads: 1\nroutes: [{model: chat}]\n"),
            "pincer.yaml:2: route 'chat' has no upstream");
  EXPECT_EQ(refusal("version: 2\n"),
            "pincer.yaml:1: 'version': 2 is not 1, the version of this file that is known");
}

}  // namespace
}  // namespace pincer
