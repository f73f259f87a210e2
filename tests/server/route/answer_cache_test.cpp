#include "server/route/answer_cache.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

using namespace std::chrono_literals;

ChatRequest asking(std::string question) {
  ChatRequest request;
  request.model = "chat";
  request.client = "key\n";
  request.messages.push_back({.role = "user", .content = std::move(question)});
  return request;
}

CachedAnswer saying(std::string text) {
  return {.message = {.role = "assistant", .content = std::move(text)}, .end = {}};
}

TEST(AnswerCache, AnswersTheVerySameRequestOfTheSameKey) {
  const AnswerCache::Time now = AnswerCache::Time() + 1h;
  AnswerCache cache;
  const ChatRequest request = asking("1 + 1?");
  cache.put(AnswerCache::key_of(request), saying("2"), now);
  EXPECT_EQ(cache.get(AnswerCache::key_of(request), now)->message.content, "2");
  std::vector<ChatRequest> others(5, request);
  others[0].client = "other\n";
  others[1].messages.back().content += " ";
  others[2].sampling.temperature = 1.5f;
  others[3].max_tokens = 7;
  others[4].sampling.seed = 9;
  for (const ChatRequest& other : others)
    EXPECT_FALSE(cache.get(AnswerCache::key_of(other), now)) << &other - others.data();
  EXPECT_FALSE(cache.get(AnswerCache::key_of(request), now + 25h)) << "too old";
}

TEST(AnswerCache, TheLeastUsedMakesRoom) {
  const AnswerCache::Time now = AnswerCache::Time() + 1h;
  AnswerCache cache(8000);
  const std::string answer(1000, 'x');
  for (const char* key : {"a", "b", "c", "d", "e"}) cache.put(key, saying(answer), now);
  EXPECT_TRUE(cache.get("a", now));
  cache.put("f", saying(answer), now);
  cache.put("g", saying(answer), now);
  EXPECT_TRUE(cache.get("a", now)) << "it was used";
  EXPECT_FALSE(cache.get("b", now));
  EXPECT_TRUE(cache.get("g", now));
  cache.put("huge", saying(std::string(7000, 'x')), now);
  EXPECT_FALSE(cache.get("huge", now)) << "it would push out all others";
  EXPECT_TRUE(cache.get("g", now));
}

}  // namespace
}  // namespace pincer
