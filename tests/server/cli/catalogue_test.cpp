#include "server/cli/catalogue.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

TEST(Catalogue, RecommendsTheAuthorsSamplingForTheirModelOnly) {
  const CatalogueModel& model = default_model();
  const SamplingParams ours;
  ASSERT_NE(model.temperature, ours.temperature) << "this test would show nothing";
  for (const std::string& name : {std::string(), std::string(model.name), std::string(model.file),
                                  "/some/where/" + std::string(model.file)}) {
    EXPECT_EQ(recommended_sampling(name).temperature, model.temperature) << name;
    EXPECT_EQ(recommended_sampling(name).top_p, model.top_p) << name;
  }
  for (const char* name : {"other.gguf", "/some/where/other.gguf", "hf:a/b/other.gguf"}) {
    EXPECT_EQ(recommended_sampling(name).temperature, ours.temperature) << name;
  }
}

}  // namespace
}  // namespace pincer
