// What the metadata of a file makes of a family's row in the table of architectures.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "pincer/engine/model.h"
#include "tests/engine/support/gguf_writer.h"
#include "tests/engine/support/text_match.h"

namespace pincer::test {
namespace {

// Metadata of `layers` layers, four heads of 32.
class Metadata {
 public:
  explicit Metadata(const std::string& architecture, int layers = 12)
      : prefix_(architecture + ".") {
    file_.set("general.architecture", architecture);
    for (const auto& [key, value] : {std::pair{"block_count", layers},
                                     {"embedding_length", 64},
                                     {"feed_forward_length", 96},
                                     {"attention.head_count", 4},
                                     {"attention.head_count_kv", 2},
                                     {"attention.key_length", 32},
                                     {"attention.value_length", 32},
                                     {"context_length", 256}}) {
      set(key, static_cast<std::uint32_t>(value));
    }
    file_.tensor("token_embd.weight", {64, 1}, std::vector<float>(64));
  }

  template <class T>
  Metadata& set(const std::string& key, T value) {
    file_.set(prefix_ + key, value);
    return *this;
  }
  template <class T>
  Metadata& set_array(const std::string& key, const std::vector<T>& values) {
    file_.set_array(prefix_ + key, values);
    return *this;
  }

  Result<ModelConfig> read() const {
    const std::vector<std::byte> bytes = file_.build();
    const auto file = gguf::File::parse(bytes, "some.gguf");
    if (!file) return file.error();
    return read_model_config(*file);
  }

 private:
  std::string prefix_;
  GgufWriter file_;
};

Metadata gemma(int layers = 12) {
  Metadata metadata("gemma3", layers);
  metadata.set("rope.freq_base", 1e6f).set("attention.sliding_window", std::uint32_t{512});
  return metadata;
}

std::vector<int> windows_of(const Metadata& metadata) {
  const auto config = metadata.read();
  EXPECT_TRUE(config.ok()) << config.error().message;
  std::vector<int> windows;
  for (int l = 0; config.ok() && l < config->layers; ++l) windows.push_back(config->window(l));
  return windows;
}

TEST(ModelConfig, GemmaHasAWindowInFiveLayersOfSix) {
  EXPECT_EQ(windows_of(gemma(8)), (std::vector<int>{512, 512, 512, 512, 512, 0, 512, 512}));
  EXPECT_EQ(windows_of(Metadata("gemma3", 3)), std::vector<int>(3, 0));
}

TEST(ModelConfig, AFileMayHaveItsOwnPattern) {
  EXPECT_EQ(windows_of(gemma(4).set("attention.sliding_window_pattern", std::uint32_t{2})),
            (std::vector<int>{512, 0, 512, 0}));
  EXPECT_EQ(windows_of(gemma(3).set_array("attention.sliding_window_pattern",
                                          std::vector<bool>{false, true, false})),
            (std::vector<int>{0, 512, 0}));
}

TEST(ModelConfig, RefusesPatternsThatAreNone) {
  for (const Metadata& metadata :
       {gemma().set("attention.sliding_window_pattern", std::uint32_t{0}),
        gemma().set("attention.sliding_window_pattern", "every other"),
        gemma().set_array("attention.sliding_window_pattern", std::vector<bool>{true}),
        gemma().set_array("attention.sliding_window_pattern", std::vector<std::int32_t>(12, 1))}) {
    const auto config = metadata.read();
    ASSERT_FALSE(config.ok());
    EXPECT_TRUE(contains(config.error().message, "gemma3.attention.sliding_window_pattern"))
        << config.error().message;
  }
}

TEST(ModelConfig, OtherFamiliesSeeAllKeys) {
  EXPECT_EQ(windows_of(Metadata("llama", 2).set("attention.sliding_window", std::uint32_t{64})),
            (std::vector<int>{0, 0}));
}

TEST(ModelConfig, LayersWithAWindowHaveTheirOwnAngles) {
  Metadata metadata = gemma();
  metadata.set("rope.scaling.type", "linear").set("rope.scaling.factor", 8.0f);
  const auto config = metadata.read();
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->rope.base, 1e6f);
  EXPECT_EQ(config->rope.factor, 8.0f);
  EXPECT_EQ(config->window_rope.base, 10000.0f);
  EXPECT_EQ(config->window_rope.scaling, RopeScaling::none);
  EXPECT_EQ(config->window_rope.dim, config->rope.dim);
}

TEST(ModelConfig, GemmaScalesItsEmbeddings) {
  EXPECT_EQ(gemma().read()->embedding_scale, 8.0f);
  EXPECT_EQ(Metadata("qwen2").read()->embedding_scale, 1.0f);
}

TEST(ModelConfig, ScoresAreScaledByTheHeadsLength) {
  EXPECT_EQ(Metadata("llama").read()->attention_scale, 1.0f / std::sqrt(32.0f));
  EXPECT_EQ(Metadata("llama").set("attention.scale", 0.5f).read()->attention_scale, 0.5f);
  // Gemma 3 27B alone has 62 layers, and divides by sqrt(width / heads).
  EXPECT_EQ(gemma(61).read()->attention_scale, 1.0f / std::sqrt(32.0f));
  EXPECT_EQ(gemma(62).read()->attention_scale, 1.0f / std::sqrt(16.0f));
}

TEST(ModelConfig, NamesTheArchitecturesItKnows) {
  const auto config = Metadata("mamba").read();
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, ErrorCode::unsupported);
  EXPECT_TRUE(contains(config.error().message, "'mamba'; supported: llama, qwen2, gemma3"))
      << config.error().message;
}

}  // namespace
}  // namespace pincer::test
