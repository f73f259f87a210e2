// A model whose files shrink under it ends with an error; the process and its other models go on.
#include <gtest/gtest.h>

#include <filesystem>

#include "pincer/engine/engine.h"
#include "pincer/engine/model.h"
#include "pincer/engine/weight_pool.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Engine> start(const LoadedModel& model) {
  EngineOptions options;
  options.threads = 2;
  auto engine = Engine::start(model.model, options);
  if (!engine) throw std::runtime_error(engine.error().message);
  return std::move(*engine);
}

std::shared_ptr<TokenStream> submit(Engine& engine, TokenId first, int max_tokens) {
  GenerationRequest request;
  for (TokenId t = first; t < first + 20; ++t) request.prompt.push_back(t);
  request.sampling.temperature = 0;
  request.max_tokens = max_tokens;
  request.ignore_end = true;
  request.stream = std::make_shared<TokenStream>();
  auto stream = request.stream;
  if (auto submitted = engine.submit(std::move(request)); !submitted)
    throw std::runtime_error(submitted.error().message);
  return stream;
}

Finish finish_of(TokenStream& stream, std::vector<TokenId>* tokens = nullptr) {
  while (true) {
    const TokenStream::News news = stream.wait();
    for (const GeneratedToken& t : news.tokens) {
      if (tokens != nullptr) tokens->push_back(t.id);
    }
    if (news.finish) return *news.finish;
  }
}

class LostWeights : public testing::Test {
 protected:
  // Its files are to be shrunk. A long context: it runs until then.
  static LoadedModel load(const test::TemporaryFolder& folder) {
    test::TinyShape shape;
    shape.context = 1 << 20;
    return test::load_tiny(folder.path(), shape);
  }
  // One that runs and one that waits; both end when `file` shrinks while the first is under way.
  void shrink_while_running(const fs::path& file, std::uintmax_t bytes) {
    const auto engine = start(victim_);
    const auto other = start(bystander_);
    const auto running = submit(*engine, 30, -1), second = submit(*engine, 90, -1);
    ASSERT_FALSE(running->wait().tokens.empty());
    fs::resize_file(file, bytes);
    for (const auto& stream : {running, second}) {
      const Finish finish = finish_of(*stream);
      EXPECT_EQ(finish.reason, FinishReason::error);
      EXPECT_NE(finish.error.find(file.string()), std::string::npos) << finish.error;
    }
    EXPECT_TRUE(engine->idle());
    EXPECT_EQ(finish_of(*submit(*engine, 40, 5)).reason, FinishReason::error) << "and stays lost";
    std::vector<TokenId> tokens;
    EXPECT_EQ(finish_of(*submit(*other, 50, 12), &tokens).reason, FinishReason::length);
    EXPECT_EQ(tokens, expected_);
  }

  test::TemporaryFolder victims_, bystanders_;
  LoadedModel victim_ = load(victims_), bystander_ = load(bystanders_);
  std::vector<TokenId> expected_ = [this] {
    std::vector<TokenId> tokens;
    finish_of(*submit(*start(bystander_), 50, 12), &tokens);
    return tokens;
  }();
};

TEST_F(LostWeights, APoolFileCutToNothingEndsItsModelOnly) {
  shrink_while_running(victim_.model->pool()->path(), 0);
}

TEST_F(LostWeights, APoolFileCutInTheMiddleEndsItsModelOnly) {
  shrink_while_running(victim_.model->pool()->path(),
                       static_cast<std::uintmax_t>(victim_.model->pool()->bytes()) / 2);
}

TEST_F(LostWeights, TheSourceOfTheEmbeddingsCounts) {
  shrink_while_running(victims_ / "tiny.gguf", 0);
}

TEST_F(LostWeights, LoadingAgainPacksAgain) {
  const fs::path pool = victim_.model->pool()->path();
  fs::resize_file(pool, 4096);
  LoadOptions options;
  options.pool_dir = pool.parent_path();
  const auto again = load_model(victims_ / "tiny.gguf", options);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->packed_now);
  EXPECT_EQ(finish_of(*submit(*start(*again), 30, 4)).reason, FinishReason::length);
}

}  // namespace
}  // namespace pincer
