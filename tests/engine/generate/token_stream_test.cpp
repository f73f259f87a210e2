#include <gtest/gtest.h>

#include <thread>

#include "pincer/engine/generation.h"

namespace pincer {
namespace {

GeneratedToken token(TokenId id) { return {.id = id, .logprobs = {}}; }

Finish finish(FinishReason reason, int generated = 0) {
  Finish out;
  out.reason = reason;
  out.generated_tokens = generated;
  return out;
}

std::vector<TokenId> ids(const TokenStream::News& news) {
  std::vector<TokenId> out;
  for (const GeneratedToken& one : news.tokens) out.push_back(one.id);
  return out;
}

using Ids = std::vector<TokenId>;

TEST(TokenStream, CoalescesTokensForASlowConsumer) {
  TokenStream stream;
  EXPECT_TRUE(stream.drain().tokens.empty());
  stream.push(token(1));
  stream.push(token(2));
  EXPECT_EQ(ids(stream.drain()), (Ids{1, 2}));
  EXPECT_TRUE(stream.drain().tokens.empty()) << "taken once";
  stream.push(token(3));
  stream.finish(finish(FinishReason::stop, 3));
  const TokenStream::News last = stream.drain();
  EXPECT_EQ(ids(last), (Ids{3}));
  ASSERT_TRUE(last.finish.has_value()) << "with the last tokens";
  EXPECT_EQ(last.finish->generated_tokens, 3);
  EXPECT_FALSE(stream.drain().finish.has_value()) << "set once";
}

TEST(TokenStream, TheFirstFinishCountsAndEndsTheStream) {
  TokenStream stream;
  stream.finish(finish(FinishReason::length));
  stream.finish(finish(FinishReason::error));
  stream.push(token(1));
  const TokenStream::News news = stream.drain();
  EXPECT_TRUE(news.tokens.empty());
  ASSERT_TRUE(news.finish.has_value());
  EXPECT_EQ(news.finish->reason, FinishReason::length);
  stream.finish(finish(FinishReason::error));
  EXPECT_FALSE(stream.drain().finish.has_value());
}

TEST(TokenStream, RingsOnlyWhenTheMailboxWasEmpty) {
  int rings = 0;
  TokenStream stream([&rings] { ++rings; });
  stream.push(token(1));
  stream.push(token(2));
  EXPECT_EQ(rings, 1);
  stream.drain();
  stream.push(token(3));
  stream.finish(finish(FinishReason::stop));
  EXPECT_EQ(rings, 2);
  stream.drain();
  stream.push(token(4));
  stream.finish(finish(FinishReason::stop));
  EXPECT_EQ(rings, 2) << "nothing comes after the finish";
}

TEST(TokenStream, RingsForAFinishAlone) {
  int rings = 0;
  TokenStream stream([&rings] { ++rings; });
  stream.finish(finish(FinishReason::cancelled));
  EXPECT_EQ(rings, 1);
}

TEST(TokenStream, TheDoorbellMayDrain) {
  Ids seen;
  TokenStream* self = nullptr;
  TokenStream stream([&] {
    for (const TokenId id : ids(self->drain())) seen.push_back(id);
  });
  self = &stream;
  stream.push(token(1));
  stream.push(token(2));
  EXPECT_EQ(seen, (Ids{1, 2}));
}

TEST(TokenStream, WaitReturnsAtOnceWhenThereIsNewsOrNoneCanCome) {
  TokenStream stream;
  stream.push(token(1));
  EXPECT_EQ(ids(stream.wait()), (Ids{1}));
  stream.finish(finish(FinishReason::stop));
  EXPECT_TRUE(stream.wait().finish.has_value());
  const TokenStream::News after = stream.wait();
  EXPECT_TRUE(after.tokens.empty());
  EXPECT_FALSE(after.finish.has_value());
}

TEST(TokenStream, CancelIsSeenByTheProducer) {
  TokenStream stream;
  EXPECT_FALSE(stream.cancelled());
  stream.cancel();
  EXPECT_TRUE(stream.cancelled());
}

TEST(TokenStream, ReasonsHaveNames) {
  EXPECT_EQ(finish_reason_name(FinishReason::stop), "stop");
  EXPECT_EQ(finish_reason_name(FinishReason::length), "length");
  EXPECT_EQ(finish_reason_name(FinishReason::cancelled), "cancelled");
  EXPECT_EQ(finish_reason_name(FinishReason::error), "error");
  EXPECT_EQ(finish_reason_name(FinishReason::refused), "refused");
}

constexpr TokenId kTokens = 20000;

void produce(TokenStream& stream) {
  for (TokenId id = 0; id < kTokens; ++id) stream.push(token(id));
  stream.finish(finish(FinishReason::length, kTokens));
}

// Appends the news; true at the end of the stream.
bool take(const TokenStream::News& news, Ids& seen) {
  for (const TokenId id : ids(news)) seen.push_back(id);
  return news.finish.has_value();
}

void expect_all(const Ids& seen) {
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kTokens));
  for (TokenId id = 0; id < kTokens; ++id) ASSERT_EQ(seen[static_cast<std::size_t>(id)], id);
}

TEST(TokenStreamConcurrency, WaitGetsEveryTokenInOrder) {
  TokenStream stream;
  std::thread producer([&stream] { produce(stream); });
  Ids seen;
  while (!take(stream.wait(), seen)) {
  }
  producer.join();
  expect_all(seen);
}

// A bell of capacity 1, as an event loop has one.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

TEST(TokenStreamConcurrency, NoRingIsLost) {
  Bell bell;
  TokenStream stream([&bell] { bell.ring(); });
  std::thread producer([&stream] { produce(stream); });
  Ids seen;
  do {
    bell.wait();
  } while (!take(stream.drain(), seen));
  producer.join();
  expect_all(seen);
}

TEST(TokenStreamConcurrency, CancelStopsTheProducer) {
  TokenStream stream;
  std::thread producer([&stream] {
    for (TokenId id = 0; !stream.cancelled(); ++id) stream.push(token(id));
    stream.finish(finish(FinishReason::cancelled));
  });
  EXPECT_FALSE(stream.wait().tokens.empty());
  stream.cancel();
  TokenStream::News news;
  do {
    news = stream.wait();
  } while (!news.finish);
  producer.join();
  EXPECT_EQ(news.finish->reason, FinishReason::cancelled);
}

TEST(TokenStreamConcurrency, OneOfTwoFinishesCounts) {
  for (int round = 0; round < 200; ++round) {
    TokenStream stream;
    std::thread other([&stream] { stream.finish(finish(FinishReason::stop)); });
    stream.finish(finish(FinishReason::error));
    other.join();
    EXPECT_TRUE(stream.wait().finish.has_value());
    EXPECT_FALSE(stream.drain().finish.has_value());
  }
}

}  // namespace
}  // namespace pincer
