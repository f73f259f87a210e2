// With the real model of PINCER_TEST_MODEL; skipped without it.
#include "pincer/server/local_backend.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "pincer/engine/text_assembler.h"

namespace pincer::test {
namespace {

namespace fs = std::filesystem;

class LocalBackend : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* file = std::getenv("PINCER_TEST_MODEL");
    if (file == nullptr) GTEST_SKIP() << "PINCER_TEST_MODEL is not set";
    std::string name = (fs::temp_directory_path() / "pincer-backend-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    pool_ = name;
    LoadOptions load;
    load.pool_dir = pool_;
    auto loaded = load_model(file, load);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EngineOptions options;
    options.context = 64;
    auto engine = Engine::start(loaded->model, options);
    ASSERT_TRUE(engine) << engine.error().message;
    backend_ = make_local_backend(*loaded, std::move(engine).value(), "fp_test");
  }
  void TearDown() override {
    backend_.reset();
    if (!pool_.empty()) fs::remove_all(pool_);
  }

  fs::path pool_;
  std::shared_ptr<Backend> backend_;
};

ChatRequest ask(std::string content) {
  ChatRequest request;
  request.messages.push_back({.role = "user", .content = std::move(content)});
  request.sampling.temperature = 0;
  request.max_tokens = 4;
  return request;
}

TEST_F(LocalBackend, AnswersThroughTheTemplateAndTheEngine) {
  const auto stream = std::make_shared<TokenStream>();
  ASSERT_TRUE(backend_->generate(ask("Say hello."), {stream}));
  TextAssembler assembler(backend_->tokenizer(), {});
  std::string text;
  std::optional<Finish> finish;
  while (!finish) {
    const TokenStream::News news = stream->wait();
    for (const GeneratedToken& token : news.tokens) text += assembler.push(token.id);
    finish = news.finish;
  }
  EXPECT_TRUE(finish->reason == FinishReason::stop || finish->reason == FinishReason::length)
      << finish->error;
  EXPECT_GT(finish->prompt_tokens, 4);  // the template adds its marks to the words
  EXPECT_FALSE((text + assembler.flush()).empty());
  EXPECT_EQ(backend_->context(), 64);
  EXPECT_EQ(backend_->fingerprint(), "fp_test");
}

TEST_F(LocalBackend, APromptBeyondTheContextIsALimit) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += "word ";
  const auto started = backend_->generate(ask(words), {std::make_shared<TokenStream>()});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::limit);
  EXPECT_NE(started.error().message.find("context is 64 tokens"), std::string::npos)
      << started.error().message;
}

}  // namespace
}  // namespace pincer::test
