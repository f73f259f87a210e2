// Embeddings: what they are, and that they and generations beside them do not change each other.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/kv/kv_cache.h"
#include "pincer/engine/model.h"
#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::collect;
using test::greedy;
using test::Output;
using test::prompt_of;
using test::run;
using test::submit;

GenerationRequest embedding_of(std::vector<TokenId> prompt) {
  GenerationRequest r;
  r.prompt = std::move(prompt);
  r.embed = true;
  r.stream = std::make_shared<TokenStream>();
  return r;
}

std::unique_ptr<Engine> start(std::shared_ptr<const Model> model, EngineOptions options = {}) {
  options.threads = 2;
  auto engine = Engine::start(std::move(model), options);
  if (!engine) throw std::runtime_error(engine.error().message);
  return std::move(*engine);
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0;
  for (std::size_t i = 0; i < a.size(); ++i) product += static_cast<double>(a[i]) * b[i];
  return product;
}

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(PINCER_SOURCE_DIR) / "tests" / "golden" / name;
}

// The final states of transformers: see tests/golden/make_embeddings.py.
class GoldenEmbedding : public testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<const Model> load(bool reference, Pooling pooling) {
    LoadOptions options;
    options.reference = reference;
    options.pool_dir = folder_.path();
    options.threads = 2;
    auto loaded = load_model(golden(std::string("tiny-") + GetParam() + ".gguf"), options);
    if (!loaded) throw std::runtime_error(loaded.error().message);
    kept_.push_back(loaded->model);  // its weights are the copy's
    auto model = std::make_shared<Model>(*loaded->model);
    model->config.pooling = pooling;
    return model;
  }
  std::vector<float> expected(const char* pooling) const {
    std::ifstream in(golden("embeddings.json"));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return boost::json::value_to<std::vector<float>>(
        boost::json::parse(text).at(GetParam()).at(pooling));
  }
  static std::vector<TokenId> tokens() {
    const auto file = gguf::File::open(golden(std::string("tiny-") + GetParam() + "-logits.gguf"));
    const auto& ids = *file->get_ints("tokens");
    return {ids.begin(), ids.end()};
  }

  test::TemporaryFolder folder_;
  std::vector<std::shared_ptr<const Model>> kept_;
};

INSTANTIATE_TEST_SUITE_P(Architectures, GoldenEmbedding,
                         testing::Values("llama", "qwen2", "gemma3"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(GoldenEmbedding, EqualsTransformers) {
  for (const auto& [pooling, name] :
       {std::pair{Pooling::mean, "mean"}, std::pair{Pooling::first, "first"},
        std::pair{Pooling::last, "last"}}) {
    const auto engine = start(load(true, pooling));
    const Output out = run(*engine, embedding_of(tokens()));
    EXPECT_EQ(out.finish.reason, FinishReason::stop);
    EXPECT_EQ(out.finish.prompt_tokens, 64);
    EXPECT_TRUE(out.tokens.empty());
    const std::vector<float> golden = expected(name);
    ASSERT_EQ(out.finish.embedding.size(), golden.size());
    for (std::size_t i = 0; i < golden.size(); ++i) {
      EXPECT_NEAR(out.finish.embedding[i], golden[i], 2e-5) << name << " " << i;
    }
  }
}

// Turned streams are turned back. The bound is that of the logits' error (parity_test.cpp): 5 % and
// less of the states, at random, so that the angle is as small.
TEST_P(GoldenEmbedding, PackedWeightsKeepTheDirection) {
  for (const auto& [pooling, name] :
       {std::pair{Pooling::mean, "mean"}, std::pair{Pooling::last, "last"}}) {
    const auto engine = start(load(false, pooling));
    const Output out = run(*engine, embedding_of(tokens()));
    EXPECT_GT(cosine(out.finish.embedding, expected(name)), 0.998) << name;
    EXPECT_NEAR(cosine(out.finish.embedding, out.finish.embedding), 1, 1e-5);
  }
}

class EmbeddingTest : public testing::Test {
 protected:
  static test::TinyShape shape() {
    test::TinyShape s;
    s.context = 4096;
    return s;
  }
  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path(), shape());
};

TEST_F(EmbeddingTest, DoesNotDependOnChunksNorOnTheBatch) {
  EngineOptions small;
  small.prefill_chunk = 7;
  const std::vector<float> whole =
      run(*start(model_.model), embedding_of(prompt_of(100, 1))).finish.embedding;
  EXPECT_EQ(run(*start(model_.model, small), embedding_of(prompt_of(100, 1))).finish.embedding,
            whole);
  const auto engine = start(model_.model);
  std::vector<std::shared_ptr<TokenStream>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(submit(
        *engine, i % 2 == 0 ? embedding_of(prompt_of(100, 1)) : greedy(prompt_of(50 + i, i), 30)));
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Output out = collect(*streams[i]);
    if (i % 2 == 0) {
      EXPECT_EQ(out.finish.embedding, whole);
    } else {
      EXPECT_TRUE(out.finish.embedding.empty());
    }
  }
  EXPECT_TRUE(engine->idle());
}

TEST_F(EmbeddingTest, GenerationsBesideItSayTheSame) {
  const auto engine = start(model_.model);
  const auto alone = run(*engine, greedy(prompt_of(80, 3), 40)).tokens;
  std::vector<std::shared_ptr<TokenStream>> embeddings;
  const auto stream = submit(*engine, greedy(prompt_of(80, 3), 40));
  for (int i = 0; i < 10; ++i)
    embeddings.push_back(submit(*engine, embedding_of(prompt_of(200, i))));
  EXPECT_EQ(collect(*stream).tokens, alone);
  for (const auto& e : embeddings) EXPECT_EQ(collect(*e).finish.embedding.size(), 64u);
}

// The same prompt, generated from before and after, has every state in its mean.
TEST_F(EmbeddingTest, NeitherTakesFromThePrefixCacheNorFillsIt) {
  const auto engine = start(model_.model);
  const auto before = run(*engine, embedding_of(prompt_of(100, 1)));
  EXPECT_EQ(run(*engine, greedy(prompt_of(100, 1), 2)).finish.cached_tokens, 0);
  const auto after = run(*engine, embedding_of(prompt_of(100, 1)));
  EXPECT_EQ(after.finish.cached_tokens, 0);
  EXPECT_EQ(after.finish.embedding, before.finish.embedding);
  EXPECT_EQ(run(*engine, greedy(prompt_of(100, 1), 2)).finish.cached_tokens, 99);
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
}

TEST_F(EmbeddingTest, MayFillTheContextAndNoMore) {
  EngineOptions options;
  options.context = 64;
  const auto engine = start(model_.model, options);
  EXPECT_EQ(run(*engine, embedding_of(prompt_of(64, 1))).finish.embedding.size(), 64u);
  const auto refused = engine->submit(embedding_of(prompt_of(65, 1)));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("65 tokens"), std::string::npos);
}

// Fewer blocks than the generations need in the end: some lose their places meanwhile.
TEST_F(EmbeddingTest, SurvivesPreemption) {
  EngineOptions options;
  options.prefill_chunk = 16;
  options.kv_bytes = 12 * KvCache::block_bytes(*model_.model);
  const auto engine = start(model_.model, options);
  const std::vector<float> whole =
      run(*start(model_.model), embedding_of(prompt_of(150, 7))).finish.embedding;
  std::vector<std::shared_ptr<TokenStream>> streams;
  for (int i = 0; i < 6; ++i) streams.push_back(submit(*engine, greedy(prompt_of(40, i), 60)));
  for (int i = 0; i < 3; ++i) {
    GenerationRequest urgent = embedding_of(prompt_of(150, 7));
    urgent.priority = 1 - i;
    EXPECT_EQ(run(*engine, std::move(urgent)).finish.embedding, whole);
  }
  for (const auto& s : streams) EXPECT_EQ(collect(*s).tokens.size(), 60u);
}

TEST_F(EmbeddingTest, IsCancelled) {
  const auto engine = start(model_.model);
  GenerationRequest request = embedding_of(prompt_of(3000, 1));
  request.stream->cancel();
  const Output out = collect(*submit(*engine, std::move(request)));
  EXPECT_EQ(out.finish.reason, FinishReason::cancelled);
  EXPECT_TRUE(out.finish.embedding.empty());
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
}

// What the file says: llama.cpp's numbers of pooling types.
TEST(PoolingType, IsReadFromTheFile) {
  const std::pair<std::uint32_t, Pooling> kTypes[] = {
      {0, Pooling::mean}, {1, Pooling::mean}, {2, Pooling::first}, {3, Pooling::last}};
  for (const auto& [number, pooling] : kTypes) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "tiny.gguf";
    test::tiny_gguf({}).set("llama.pooling_type", number).write(file);
    const auto config = read_model_config(*gguf::File::open(file));
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->pooling, pooling);
  }
}

}  // namespace
}  // namespace pincer
