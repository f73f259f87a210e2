// Generations that must match a grammar, through the engine with a random model.
#include "pincer/engine/constraint.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using Kind = OutputFormat::Kind;

class ConstraintTest : public testing::Test {
 protected:
  std::unique_ptr<Engine> start(EngineOptions options = {}) {
    options.threads = 2;
    for (TokenId id = 0; id < model_.tokenizer->vocab_size(); ++id) {
      if (model_.tokenizer->is_end(id)) options.end_tokens.push_back(id);
    }
    auto engine = Engine::start(model_.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }

  GenerationRequest request(Kind kind, const std::string& text, int seed, int max_tokens = 200) {
    auto constraint = compiler_.compile({kind, text});
    if (!constraint) throw std::runtime_error(constraint.error().message);
    GenerationRequest r = test::greedy(test::prompt_of(20, seed), max_tokens);
    r.ignore_end = false;
    r.sampling.temperature = 1.5f;
    r.sampling.seed = static_cast<std::uint64_t>(seed);
    r.constraint = *constraint;
    return r;
  }

  std::string text_of(const test::Output& out) const {
    return model_.tokenizer->decode(out.tokens);
  }

  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path());
  ConstraintCompiler compiler_{model_.tokenizer};
};

TEST_F(ConstraintTest, OutputMatches) {
  const auto engine = start();
  for (int seed = 1; seed <= 10; ++seed) {
    const auto out = test::run(*engine, request(Kind::regex, "[a-f]{3,8}-(yes|no)", seed));
    EXPECT_EQ(out.finish.reason, FinishReason::stop);
    const std::string text = text_of(out);
    const std::size_t dash = text.find('-');
    ASSERT_NE(dash, std::string::npos) << text;
    EXPECT_TRUE(dash >= 3 && dash <= 8) << text;
    EXPECT_EQ(text.find_first_not_of("abcdef"), dash) << text;
    EXPECT_TRUE(text.substr(dash) == "-yes" || text.substr(dash) == "-no") << text;
  }
}

TEST_F(ConstraintTest, GreedyTakesTheLikeliestOfWhatIsAllowed) {
  const auto engine = start();
  auto free = test::greedy(test::prompt_of(20, 3), 1);
  free.want_logprobs = true;
  free.top_logprobs = 20;
  const auto first = test::run(*engine, std::move(free)).tokens.at(0);
  const std::string liked(model_.tokenizer->token_bytes(first));
  auto with = request(Kind::regex, "[\\x01-\\x7f]+|[^a]*", 3, 1);
  with.sampling.temperature = 0;
  if (model_.tokenizer->is_control(first) || liked.size() != 1 || (liked[0] & 0x80) != 0) {
    GTEST_SKIP() << "the random model likes a token that is no character";
  }
  EXPECT_EQ(test::run(*engine, std::move(with)).tokens.at(0), first);
}

TEST_F(ConstraintTest, SpeculationChangesNothing) {
  EngineOptions plain, guessing;
  plain.speculation = Speculation::off;
  guessing.draft_tokens = 7;
  const auto without = start(plain), with = start(guessing);
  const std::string schema =
      R"({"type":"array","items":{"type":"object","properties":{"name":{"enum":["anna","anton"]},"n":{"type":"integer","maximum":20,"minimum":0}},"required":["name","n"]},"minItems":4,"maxItems":6})";
  for (int seed = 1; seed <= 6; ++seed) {
    for (const float temperature : {0.0f, 1.0f}) {
      auto make = [&] {
        auto r = request(Kind::json_schema, schema, seed);
        r.sampling.temperature = temperature;
        return r;
      };
      const auto a = test::run(*without, make()), b = test::run(*with, make());
      EXPECT_EQ(a.tokens, b.tokens) << text_of(a) << "\n" << text_of(b);
      EXPECT_EQ(a.finish.reason, b.finish.reason);
    }
  }
  EXPECT_GT(with->stats().accepted, 0) << "nothing was accepted, so this test shows little";
}

TEST_F(ConstraintTest, SaysLengthWhereTokensRanOut) {
  const auto engine = start();
  const auto cut = test::run(*engine, request(Kind::regex, "[a-f]{50}", 1, 20));
  EXPECT_EQ(cut.finish.reason, FinishReason::length);
  EXPECT_EQ(cut.tokens.size(), 20u);
  const auto whole = test::run(*engine, request(Kind::regex, "[a-f]{20}", 1, 20));
  EXPECT_EQ(whole.finish.reason, FinishReason::stop);
  EXPECT_EQ(text_of(whole).size(), 20u);
}

TEST_F(ConstraintTest, BatchesDoNotDisturbEachOther) {
  const auto engine = start();
  std::vector<std::shared_ptr<TokenStream>> streams;
  for (int seed = 1; seed <= 8; ++seed) {
    streams.push_back(test::submit(*engine, request(Kind::regex, "[a-z]{30}", seed)));
    auto free = test::greedy(test::prompt_of(30, seed), 30);
    streams.push_back(test::submit(*engine, std::move(free)));
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const auto out = test::collect(*streams[i]);
    if (i % 2 == 1) continue;
    EXPECT_EQ(text_of(out).find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos);
    EXPECT_EQ(text_of(out).size(), 30u);
  }
}

TEST_F(ConstraintTest, CompiledFormatsAreKept) {
  const OutputFormat format{Kind::regex, "a{1,100}"};
  const auto first = compiler_.compile(format), again = compiler_.compile(format);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(*first, *again);
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(compiler_.compile({Kind::regex, "a{" + std::to_string(i + 1) + "}"}).ok());
  }
  const auto later = compiler_.compile(format);
  ASSERT_TRUE(later.ok());
  EXPECT_NE(*first, *later);
}

}  // namespace
}  // namespace pincer
