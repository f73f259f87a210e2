// The reference path against an independent FP32 implementation (transformers; see
// tests/golden/make_greedy.py): the same 64 greedy tokens after each of 20 prompts. Where the two
// most likely tokens are within 1e-4 of the top logit's margin they may swap; such steps are
// printed, and the rest of that prompt is not compared.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>

#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/support/sanitizers.h"

namespace pincer {
namespace {

namespace json = boost::json;

constexpr double kTie = 1e-4;

std::vector<json::object> lines_of(const std::string& name) {
  std::ifstream in(std::string(PINCER_SOURCE_DIR) + "/tests/golden/" + name);
  std::vector<json::object> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line).as_object());
  return lines;
}

std::vector<TokenId> greedy(Engine& engine, std::vector<TokenId> prompt, int count) {
  GenerationRequest request;
  request.prompt = std::move(prompt);
  request.sampling.temperature = 0;
  request.max_tokens = count;
  request.ignore_end = true;
  request.stream = std::make_shared<TokenStream>();
  const auto stream = request.stream;
  const auto submitted = engine.submit(std::move(request));
  EXPECT_TRUE(submitted.ok()) << submitted.error().message;
  std::vector<TokenId> tokens;
  while (submitted.ok()) {
    TokenStream::News news = stream->wait();
    for (const GeneratedToken& t : news.tokens) tokens.push_back(t.id);
    if (news.finish) break;
  }
  return tokens;
}

// The model file that an environment variable names, on the reference path, answers
// prompts[i]["prompt key"] with expected[i]["ids"].
void expect_golden(const char* variable, const std::vector<json::object>& prompts,
                   const char* prompt_key, const std::vector<json::object>& expected) {
  const char* file = std::getenv(variable);
  if (file == nullptr) GTEST_SKIP() << variable << " is not set";
  if (test::kAddressSanitizer || test::kThreadSanitizer)
    GTEST_SKIP() << "minutes of FP32 arithmetic: not under a sanitizer";
  const test::TemporaryFolder folder;
  LoadOptions options;
  options.reference = true;
  options.pool_dir = folder.path();
  const auto model = load_model(file, options);
  ASSERT_TRUE(model.ok()) << model.error().message;
  ASSERT_EQ(expected.size(), prompts.size());
  EngineOptions engine_options;
  engine_options.max_active = 1;
  const auto engine = Engine::start(model->model, engine_options);
  ASSERT_TRUE(engine.ok());
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto ids = json::value_to<std::vector<TokenId>>(expected[i].at("ids"));
    const auto margins = json::value_to<std::vector<double>>(expected[i].at("margins"));
    const auto tokens =
        greedy(**engine, json::value_to<std::vector<TokenId>>(prompts[i].at(prompt_key)),
               static_cast<int>(ids.size()));
    ASSERT_EQ(tokens.size(), ids.size()) << "prompt " << i;
    for (std::size_t t = 0; t < ids.size(); ++t) {
      if (tokens[t] == ids[t]) continue;
      EXPECT_LT(margins[t], kTie) << "prompt " << i << ", token " << t << ": " << tokens[t]
                                  << " instead of " << ids[t];
      std::printf("prompt %zu, token %zu: a tie, margin %g\n", i, t, margins[t]);
      break;
    }
  }
}

TEST(GreedyGolden, ReferenceGivesTheSameTokens) {
  const auto prompts = lines_of("chat_ids.jsonl");
  ASSERT_EQ(prompts.size(), 20u);
  expect_golden("PINCER_TEST_MODEL", prompts, "ids", lines_of("greedy.jsonl"));
}

// Gemma 3 270M (make_gemma_greedy.py); one prompt is longer than its window.
TEST(GreedyGolden, GemmaGivesTheSameTokens) {
  const auto lines = lines_of("gemma_greedy.jsonl");
  ASSERT_GE(lines.size(), 5u);
  expect_golden("PINCER_TEST_GEMMA", lines, "prompt_ids", lines);
}

}  // namespace
}  // namespace pincer
