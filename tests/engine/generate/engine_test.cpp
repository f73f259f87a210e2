#include "pincer/engine/engine.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <random>
#include <thread>

#include "engine/kv/kv_cache.h"
#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::collect;
using test::greedy;
using test::Output;
using test::prompt_of;

class EngineTest : public testing::Test {
 protected:
  std::unique_ptr<Engine> start(EngineOptions options = {}) {
    options.threads = 2;
    auto engine = Engine::start(model_.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }
  Output run(Engine& engine, GenerationRequest request) {
    const auto stream = request.stream;
    const auto submitted = engine.submit(std::move(request));
    if (!submitted) throw std::runtime_error(submitted.error().message);
    return collect(*stream);
  }

  // A long context: a generation without max_tokens runs until it is cancelled.
  static test::TinyShape shape() {
    test::TinyShape s;
    s.context = 1 << 20;
    return s;
  }
  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path(), shape());
};

TEST_F(EngineTest, FinishesWithLengthAndCounts) {
  const auto engine = start();
  const Output out = run(*engine, greedy(prompt_of(40, 1), 9));
  EXPECT_EQ(out.tokens.size(), 9u);
  EXPECT_EQ(out.finish.reason, FinishReason::length);
  EXPECT_EQ(out.finish.prompt_tokens, 40);
  EXPECT_EQ(out.finish.generated_tokens, 9);
  EXPECT_EQ(engine->stats().in_flight, 0);
  EXPECT_EQ(engine->stats().generated_tokens, 9);
  EXPECT_EQ(engine->stats().prompt_tokens, 40);
}

TEST_F(EngineTest, StopsAtTheEndOfTheContext) {
  EngineOptions options;
  options.context = 50;
  const auto engine = start(options);
  const Output out = run(*engine, greedy(prompt_of(40, 1), -1));
  EXPECT_EQ(out.tokens.size(), 10u);
  EXPECT_EQ(out.finish.reason, FinishReason::length);
}

TEST_F(EngineTest, AnEndTokenStopsAndIsNotPartOfTheOutput) {
  const Output free = run(*start(), greedy(prompt_of(20, 2), 8));
  EngineOptions options;
  options.end_tokens = {free.tokens[3]};
  GenerationRequest request = greedy(prompt_of(20, 2), 8);
  request.ignore_end = false;
  const Output out = run(*start(options), std::move(request));
  EXPECT_EQ(out.finish.reason, FinishReason::stop);
  const auto first = std::find(free.tokens.begin(), free.tokens.end(), free.tokens[3]);
  EXPECT_EQ(out.tokens, std::vector<TokenId>(free.tokens.begin(), first));
}

TEST_F(EngineTest, RefusesWhatCannotBeAnswered) {
  EngineOptions options;
  options.context = 64;
  const auto engine = start(options);
  const auto message = [&](GenerationRequest r) {
    const auto submitted = engine->submit(std::move(r));
    return submitted.ok() ? std::string("accepted") : submitted.error().message;
  };
  EXPECT_NE(message(greedy({}, 5)).find("empty"), std::string::npos);
  const std::string long_prompt = message(greedy(prompt_of(64, 1), 5));
  EXPECT_NE(long_prompt.find("64"), std::string::npos) << long_prompt;
  EXPECT_NE(message(greedy({5, 9999}, 5)).find("9999"), std::string::npos);
  EXPECT_NE(message(greedy({5, -1}, 5)).find("-1"), std::string::npos);
  GenerationRequest hot = greedy(prompt_of(3, 1), 5);
  hot.sampling.temperature = -2;
  EXPECT_NE(message(std::move(hot)).find("temperature"), std::string::npos);
  EXPECT_TRUE(engine->idle());
}

TEST_F(EngineTest, LogprobsAreThoseOfTheChosenToken) {
  const auto engine = start();
  GenerationRequest request = greedy(prompt_of(12, 4), 6);
  request.want_logprobs = true;
  request.top_logprobs = 3;
  const auto stream = request.stream;
  ASSERT_TRUE(engine->submit(std::move(request)).ok());
  int seen = 0;
  for (bool done = false; !done;) {
    TokenStream::News news = stream->wait();
    for (const GeneratedToken& t : news.tokens) {
      ++seen;
      ASSERT_EQ(t.logprobs.top.size(), 3u);
      EXPECT_EQ(t.logprobs.top[0].token, t.id);  // greedy
      EXPECT_EQ(t.logprobs.top[0].logprob, t.logprobs.chosen);
      EXPECT_LE(t.logprobs.chosen, 0);
    }
    done = news.finish.has_value();
  }
  EXPECT_EQ(seen, 6);
}

TEST_F(EngineTest, TheSeedDecidesTheDraw) {
  const auto sampled = [&](std::uint64_t seed) {
    GenerationRequest r = greedy(prompt_of(12, 4), 24);
    r.sampling.temperature = 100;
    r.sampling.top_k = 0;
    r.sampling.top_p = 1;
    r.sampling.min_p = 0;
    r.sampling.seed = seed;
    return run(*start(), std::move(r)).tokens;
  };
  EXPECT_EQ(sampled(5), sampled(5));
  EXPECT_NE(sampled(5), sampled(6));
}

class EngineConcurrency : public EngineTest {};

TEST_F(EngineConcurrency, ManyAtOnceGiveWhatTheyGiveAlone) {
  std::vector<std::vector<TokenId>> alone;
  {
    const auto engine = start();
    for (int i = 0; i < 12; ++i)
      alone.push_back(run(*engine, greedy(prompt_of(5 + 13 * i, i), 20)).tokens);
  }
  EngineOptions options;
  options.max_active = 5;
  options.prefill_chunk = 16;
  const auto engine = start(options);
  std::vector<std::shared_ptr<TokenStream>> streams;
  for (int i = 0; i < 12; ++i) {
    GenerationRequest r = greedy(prompt_of(5 + 13 * i, i), 20);
    streams.push_back(r.stream);
    ASSERT_TRUE(engine->submit(std::move(r)).ok());
  }
  for (std::size_t i = 0; i < streams.size(); ++i)
    EXPECT_EQ(collect(*streams[i]).tokens, alone[i]) << i;
  EXPECT_TRUE(engine->idle());
}

// Four blocks hold 128 tokens; three sequences of up to 100 do not fit at once, so some are
// preempted and computed again.
TEST_F(EngineConcurrency, PreemptionDoesNotChangeTheOutput) {
  std::vector<std::vector<TokenId>> alone;
  {
    const auto engine = start();
    for (int i = 0; i < 3; ++i)
      alone.push_back(run(*engine, greedy(prompt_of(20 + i, i), 70)).tokens);
  }
  EngineOptions options;
  options.kv_bytes = 4 * KvCache::block_bytes(*model_.model);
  const auto engine = start(options);
  EXPECT_EQ(engine->stats().kv_blocks_total, 4);
  // The first's first token holds the engine up until the others are there.
  std::latch all_there(1);
  std::vector<std::shared_ptr<TokenStream>> streams;
  for (int i = 0; i < 3; ++i) {
    GenerationRequest r = greedy(prompt_of(20 + i, i), 70);
    if (i == 0) r.stream = std::make_shared<TokenStream>([&all_there] { all_there.wait(); });
    streams.push_back(r.stream);
    EXPECT_TRUE(engine->submit(std::move(r)).ok());
  }
  all_there.count_down();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(collect(*streams[i]).tokens, alone[i]) << i;
  EXPECT_GT(engine->stats().prompt_tokens, 20 + 21 + 22)
      << "nothing was computed again, so this test shows nothing";
}

TEST_F(EngineConcurrency, CancelFreesThePlaceActiveOrQueued) {
  EngineOptions options;
  options.max_active = 1;
  options.max_queued = 1;
  const auto engine = start(options);
  GenerationRequest active = greedy(prompt_of(10, 1), -1), queued = greedy(prompt_of(10, 2), -1);
  const auto a = active.stream, q = queued.stream;
  ASSERT_TRUE(engine->submit(std::move(active)).ok());
  ASSERT_TRUE(engine->submit(std::move(queued)).ok());
  const auto refused = engine->submit(greedy(prompt_of(3, 3), 1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::busy);
  q->cancel();
  EXPECT_EQ(collect(*q).finish.reason, FinishReason::cancelled);
  a->cancel();
  EXPECT_EQ(collect(*a).finish.reason, FinishReason::cancelled);
  EXPECT_EQ(run(*engine, greedy(prompt_of(10, 4), 3)).tokens.size(), 3u);
  EXPECT_EQ(engine->stats().in_flight, 0);
  EXPECT_EQ(engine->stats().cancelled, 2);
  EXPECT_EQ(engine->stats().rejected, 1);
}

TEST_F(EngineConcurrency, DrainFinishesWhatWasAccepted) {
  const auto engine = start();
  GenerationRequest request = greedy(prompt_of(10, 1), 60);
  const auto stream = request.stream;
  ASSERT_TRUE(engine->submit(std::move(request)).ok());
  engine->drain();
  const auto refused = engine->submit(greedy(prompt_of(3, 3), 1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::busy);
  EXPECT_EQ(collect(*stream).tokens.size(), 60u);
}

TEST_F(EngineConcurrency, DestroyingTheEngineEndsEveryStream) {
  std::vector<std::shared_ptr<TokenStream>> streams;
  {
    EngineOptions options;
    options.max_active = 2;
    const auto engine = start(options);
    for (int i = 0; i < 5; ++i) {
      GenerationRequest r = greedy(prompt_of(10, i), -1);
      streams.push_back(r.stream);
      ASSERT_TRUE(engine->submit(std::move(r)).ok());
    }
  }
  for (const auto& s : streams) EXPECT_EQ(collect(*s).finish.reason, FinishReason::cancelled);
}

TEST_F(EngineConcurrency, RandomSubmitsAndCancelsLeaveNothingBehind) {
  EngineOptions options;
  options.max_active = 4;
  options.max_queued = 4;
  options.kv_bytes = 12 * KvCache::block_bytes(*model_.model);
  const auto engine = start(options);
  std::vector<std::thread> clients;
  std::atomic<int> accepted = 0, ended = 0;
  for (int c = 0; c < 6; ++c) {
    clients.emplace_back([&, c] {
      std::mt19937 random(static_cast<unsigned>(c));
      for (int i = 0; i < 25; ++i) {
        GenerationRequest r = greedy(prompt_of(1 + static_cast<int>(random() % 60), c),
                                     1 + static_cast<int>(random() % 40));
        const auto stream = r.stream;
        if (!engine->submit(std::move(r))) continue;
        ++accepted;
        if (random() % 2 == 0) stream->cancel();
        collect(*stream);
        ++ended;
      }
    });
  }
  for (auto& t : clients) t.join();
  EXPECT_EQ(accepted, ended);
  EXPECT_EQ(engine->stats().in_flight, 0);
  // The blocks are back as soon as the next generation has run.
  run(*engine, greedy(prompt_of(2, 1), 1));
  engine->drain();
  EXPECT_TRUE(engine->idle());
}

}  // namespace
}  // namespace pincer
