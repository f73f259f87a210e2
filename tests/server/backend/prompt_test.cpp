#include "server/backend/prompt.h"

#include <gtest/gtest.h>

#include "tests/server/support/fake_backend.h"

namespace pincer::test {
namespace {

constexpr TokenId kBegin = ByteTokenizer::kBegin;

std::vector<TokenId> prompt(bool add_bos, const std::vector<TextPiece>& pieces) {
  const auto tokens = encode_prompt(ByteTokenizer(add_bos), pieces, 100);
  EXPECT_TRUE(tokens);
  return *tokens;
}

TEST(Prompt, BeginsOnceWithTheBeginToken) {
  EXPECT_EQ(prompt(true, {{"a", true}}), (std::vector<TokenId>{kBegin, 'a'}));
  EXPECT_EQ(prompt(true, {{"<begin>a", true}}), (std::vector<TokenId>{kBegin, 'a'}));
  EXPECT_EQ(prompt(true, {}), std::vector<TokenId>{kBegin});
}

TEST(Prompt, ModelsWithoutABeginTokenGetNone) {
  EXPECT_EQ(prompt(false, {{"a", true}}), (std::vector<TokenId>{'a'}));
}

TEST(Prompt, ABeginTokenThatTheUserWroteIsText) {
  EXPECT_EQ(prompt(true, {{"<begin>", false}}).size(), 8u);
}

TEST(Prompt, OneThatFillsTheContextIsRefusedWithBothLengths) {
  const std::vector<TextPiece> pieces = {{std::string(10, 'x'), true}};
  EXPECT_TRUE(encode_prompt(ByteTokenizer(), pieces, 11));
  const auto refused = encode_prompt(ByteTokenizer(), pieces, 10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
  EXPECT_NE(refused.error().message.find("context is 10 tokens and the messages take 10"),
            std::string::npos);
}

}  // namespace
}  // namespace pincer::test
