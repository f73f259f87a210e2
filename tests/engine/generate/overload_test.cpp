// Refusals by the expected wait, and deadlines.
#include <gtest/gtest.h>

#include <chrono>

#include "engine/generate/sequence.h"
#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::collect;
using test::greedy;
using test::prompt_of;
using test::submit;

class OverloadConcurrency : public testing::Test {
 protected:
  std::unique_ptr<Engine> start(int max_active, int max_queued) {
    EngineOptions options;
    options.threads = 2;
    options.max_active = max_active;
    options.max_queued = max_queued;
    options.speculation = Speculation::off;
    auto engine = Engine::start(model_.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }
  static test::TinyShape shape() {
    test::TinyShape s;
    s.context = 1 << 20;
    return s;
  }
  // Returns once its first token is there.
  static std::shared_ptr<TokenStream> running(Engine& engine, int max_tokens) {
    auto stream = submit(engine, greedy(prompt_of(10, 1), max_tokens));
    stream->wait();
    return stream;
  }

  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path(), shape());
};

TEST_F(OverloadConcurrency, AWaitBeyondTheLimitIsRefused) {
  const auto engine = start(1, 8);
  EXPECT_EQ(engine->expected_wait("a"), 0);
  collect(*submit(*engine, greedy(prompt_of(10, 1), 1000)));  // answers are long, it learns
  const auto active = running(*engine, -1);
  const double wait = engine->expected_wait("a");
  EXPECT_GT(wait, 0);

  GenerationRequest patient = greedy(prompt_of(10, 2), 1);
  patient.max_wait_s = 1000 * wait;
  const auto queued = submit(*engine, std::move(patient));
  GenerationRequest hasty = greedy(prompt_of(10, 3), 1);
  hasty.max_wait_s = wait / 1000;
  const auto refused = engine->submit(std::move(hasty));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::busy);
  EXPECT_EQ(engine->stats().rejected, 1);
  EXPECT_EQ(engine->stats().in_flight, 2);

  active->cancel();
  EXPECT_EQ(collect(*queued).finish.reason, FinishReason::length);
}

TEST_F(OverloadConcurrency, ARequestThatGetsNoPlaceInTimeIsEnded) {
  const auto engine = start(1, 8);
  const auto active = running(*engine, -1);
  GenerationRequest waits = greedy(prompt_of(10, 2), 5);
  waits.start_by = steady_clock::now() + milliseconds(20);
  const auto start_by = waits.start_by;
  const auto stream = submit(*engine, std::move(waits));
  const std::chrono::duration<double> left = start_by - steady_clock::now();
  const auto out = collect(*stream);
  EXPECT_EQ(out.finish.reason, FinishReason::timeout);
  EXPECT_NE(out.finish.error.find("no place"), std::string::npos) << out.finish.error;
  EXPECT_TRUE(out.tokens.empty());
  EXPECT_GE(out.finish.queued_seconds, left.count());
  EXPECT_EQ(engine->stats().timed_out, 1);
  active->cancel();
  EXPECT_EQ(collect(*active).finish.reason, FinishReason::cancelled);
}

TEST_F(OverloadConcurrency, TheTotalDeadlineEndsWhatRuns) {
  const auto engine = start(2, 8);
  GenerationRequest request = greedy(prompt_of(10, 2), -1);
  request.finish_by = steady_clock::now() + milliseconds(50);
  const auto out = collect(*submit(*engine, std::move(request)));
  EXPECT_EQ(out.finish.reason, FinishReason::timeout);
  EXPECT_NE(out.finish.error.find("time is over"), std::string::npos) << out.finish.error;
  EXPECT_EQ(engine->stats().in_flight, 0);
}

TEST(Deadlines, TheQueuesEndsWhereThePlaceIsThere) {
  using Clock = Sequence::Clock;
  const auto now = Clock::now();
  GenerationRequest request = greedy(prompt_of(10, 2), 5);
  request.start_by = now;
  Sequence sequence(std::move(request));
  EXPECT_TRUE(sequence.overdue(now - milliseconds(1)).empty());
  EXPECT_NE(sequence.overdue(now).find("no place"), std::string_view::npos);
  sequence.scheduled = now - milliseconds(1);
  EXPECT_TRUE(sequence.overdue(now + std::chrono::hours(1)).empty());
  sequence.request.finish_by = now;
  EXPECT_NE(sequence.overdue(now).find("time is over"), std::string_view::npos);
}

TEST_F(OverloadConcurrency, StepsAreCountedByTheirSequences) {
  const auto engine = start(4, 8);
  collect(*submit(*engine, greedy(prompt_of(10, 1), 20)));
  const EngineStats& stats = engine->stats();
  EXPECT_EQ(stats.batch_sizes[0], stats.steps);
  EXPECT_EQ(stats.batch_sum, stats.steps);
  EXPECT_GT(stats.turns, 0);
}

}  // namespace
}  // namespace pincer
