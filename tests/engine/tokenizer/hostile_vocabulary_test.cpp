// A vocabulary comes from a file that anybody may have made: broken ones are errors that name key
// and value.
#include <gtest/gtest.h>

#include <random>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "tests/engine/tokenizer/toy_vocabulary.h"

namespace pincer::bpe {
namespace {

Error error_of(const BpeVocabulary& vocabulary) {
  const auto made = BpeTokenizer::make(vocabulary);
  return made ? Error{ErrorCode::cancelled, "no error"} : made.error();
}

void expect_error(const BpeVocabulary& vocabulary, ErrorCode code, const std::string& part) {
  const Error error = error_of(vocabulary);
  EXPECT_EQ(error.code, code);
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
}

TEST(HostileVocabulary, RefusesUnknownPreTokenizers) {
  const ToyVocabulary toy;
  BpeVocabulary vocabulary = toy.view();
  vocabulary.pre = "tekken\n\x1B[31m";
  expect_error(vocabulary, ErrorCode::unsupported,
               "tokenizer.ggml.pre is \"tekken\\x0A\\x1B[31m\"; supported are default, gpt-2, ");
}

TEST(HostileVocabulary, RefusesWrongCounts) {
  ToyVocabulary toy;
  toy.types.pop_back();
  expect_error(toy.view(), ErrorCode::corrupt,
               "token_type has 255 entries, but tokenizer.ggml.tokens has 256");
  expect_error({}, ErrorCode::corrupt, "tokenizer.ggml.tokens has 0 entries");
}

TEST(HostileVocabulary, AcceptsAMissingTypeList) {
  const ToyVocabulary toy;
  BpeVocabulary vocabulary = toy.view();
  vocabulary.token_types = {};
  EXPECT_TRUE(BpeTokenizer::make(vocabulary).ok());
}

TEST(HostileVocabulary, RefusesUnknownTypes) {
  for (const std::int64_t type :
       {std::int64_t{0}, std::int64_t{7}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    ToyVocabulary toy;
    toy.types[9] = type;
    expect_error(toy.view(), ErrorCode::corrupt, "token_type[9] is " + std::to_string(type));
  }
}

TEST(HostileVocabulary, RefusesDuplicateTokens) {
  ToyVocabulary toy;
  toy.tokens[7] = "a";
  expect_error(toy.view(), ErrorCode::corrupt, "\"a\" twice, as token 7 and token 97");
}

TEST(HostileVocabulary, RefusesMalformedMerges) {
  for (const char* merge : {"", " ", "ab", " a", "a ", "a  b", "a b c"}) {
    ToyVocabulary toy;
    toy.merge("a", "b");
    toy.merges.push_back(merge);
    expect_error(toy.view(), ErrorCode::corrupt, "tokenizer.ggml.merges[1]");
  }
}

TEST(HostileVocabulary, RefusesMergesOfUnknownTokens) {
  ToyVocabulary toy;
  for (const auto& [merge, missing] :
       {std::pair{"xy z", "\"xy\""}, {"x yz", "\"yz\""}, {"x y", "\"xy\""}}) {
    toy.merges = {merge};
    expect_error(toy.view(), ErrorCode::corrupt, std::string("needs the token ") + missing);
  }
}

TEST(HostileVocabulary, RefusesIdsOutOfRange) {
  const ToyVocabulary toy;
  using Member = std::optional<std::int64_t> BpeVocabulary::*;
  for (const auto& [name, member] : {std::pair<std::string, Member>{"bos", &BpeVocabulary::bos},
                                     {"eos", &BpeVocabulary::eos},
                                     {"eot", &BpeVocabulary::eot},
                                     {"eom", &BpeVocabulary::eom}}) {
    for (const std::int64_t id :
         {std::int64_t{-1}, std::int64_t{256}, std::int64_t{1} << 32, INT64_MAX, INT64_MIN}) {
      BpeVocabulary vocabulary = toy.view();
      vocabulary.*member = id;
      expect_error(vocabulary, ErrorCode::corrupt,
                   "tokenizer.ggml." + name + "_token_id is " + std::to_string(id));
    }
  }
}

TEST(HostileVocabulary, RefusesABeginTokenThatIsNotThere) {
  const ToyVocabulary toy;
  BpeVocabulary vocabulary = toy.view();
  vocabulary.add_bos = true;
  expect_error(vocabulary, ErrorCode::corrupt, "tokenizer.ggml.bos_token_id is missing");
}

TEST(HostileVocabulary, RefusesSpecialTokensThatMakeTheSearchSlow) {
  ToyVocabulary toy;
  toy.add(std::string(1024, '<'), TokenType::control);
  EXPECT_TRUE(BpeTokenizer::make(toy.view()).ok());
  toy.add(std::string(1025, '<'), TokenType::user_defined);
  expect_error(toy.view(), ErrorCode::unsupported, "token 257, \"<<<<");
}

TEST(HostileVocabulary, AcceptsAMergeTwice) {
  ToyVocabulary toy;
  const TokenId ab = toy.merge("a", "b");
  toy.merges.push_back("a b");
  EXPECT_EQ(toy.tokenizer()->encode("ab"), std::vector<TokenId>{ab});
}

// Random damage gives an error or a tokenizer that works on its own terms, never a crash.
TEST(HostileVocabulary, SurvivesRandomDamage) {
  std::mt19937 random(271828);
  int accepted = 0;
  for (int round = 0; round < 500; ++round) {
    ToyVocabulary toy;
    toy.merge("a", "b");
    toy.merge("Ġ", "ab");
    toy.add("<|im_end|>", TokenType::control);
    for (unsigned i = random() % 3; i > 0; --i) {
      switch (random() % 4) {
        case 0:
          toy.tokens[random() % toy.tokens.size()] = random_bytes(random, 6);
          break;
        case 1:
          toy.types[random() % toy.types.size()] = static_cast<std::int64_t>(random() % 9);
          break;
        case 2:
          toy.merges[random() % toy.merges.size()] = random_bytes(random, 5);
          break;
        default:
          toy.tokens.resize(random() % (toy.tokens.size() + 2));
          toy.types.resize(toy.tokens.size(), 1);
      }
    }
    const auto made = BpeTokenizer::make(toy.view());
    if (!made) continue;
    ++accepted;
    for (int i = 0; i < 10; ++i) {
      const std::vector<TextPiece> pieces = {{random_bytes(random, 40), true},
                                             {random_bytes(random, 40), false}};
      for (const TokenId id : (*made)->encode(pieces)) {
        ASSERT_TRUE(id >= 0 && id < (*made)->vocab_size());
      }
    }
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace pincer::bpe
