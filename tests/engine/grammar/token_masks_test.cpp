// Masks against the plain definition: a token may come when the text is still one behind it.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/grammar/support.h"

namespace pincer::test {
namespace {

const std::vector<std::pair<Kind, std::string>>& formats() {
  static const std::vector<std::pair<Kind, std::string>> list = {
      {Kind::json_object, ""},
      {Kind::regex, "(a|b)*abb"},
      {Kind::regex, "(a|ab|abc){2,40}"},
      {Kind::regex, "[a-c]{3,60}d"},
      {Kind::regex, ".{0,50}"},
      {Kind::regex, "(aa|aaa)*b?"},
      {Kind::regex, "([a-z]+ ){2,5}end"},
      {Kind::regex, R"(\d{4}-\d\d-\d\d( .*)?)"},
      {Kind::gbnf, "root ::= \"(\" root* \")\" | [a-c]+"},
      {Kind::gbnf, "root ::= \"a\" root \"b\" | \"ab\" | word\nword ::= (\"abc\" | \"ab\")+"},
      {Kind::gbnf, "root ::= ws \"{\" ws \"}\" ws\nws ::= [ \\n]*"},
      {Kind::gbnf, "root ::= \"a\" root root | \"a\"?"},
      {Kind::json_schema,
       R"({"type":"object","properties":{"name":{"type":"string"},"a":{"type":"integer"}},"required":["name"]})"},
      {Kind::json_schema, R"({"type":"string","minLength":2,"maxLength":80})"},
      {Kind::json_schema, R"({"type":"string","pattern":"^[a-c]+$","maxLength":9})"},
      {Kind::json_schema,
       R"({"type":"array","items":{"enum":["ab","abc",1,12,123,null]},"maxItems":4})"},
      {Kind::json_schema, R"({"type":"number","minimum":-1.5,"maximum":123})"},
      {Kind::json_schema, R"({"type":"object","additionalProperties":{"type":"boolean"}})"},
  };
  return list;
}

TEST(TokenMasks, EqualTheDefinition) {
  std::mt19937 random(7);
  for (const auto& [kind, text] : formats()) {
    const auto constraint = compiled(kind, text);
    if (!constraint) continue;
    for (int run = 0; run < 8; ++run) {
      Matcher matcher(constraint);
      std::string so_far;
      for (int i = 0; i < 50 && !matcher.complete(); ++i) {
        const auto mask = matcher.mask();
        ASSERT_NE(mask, nullptr);
        for (TokenId id = 0; id < small_tokenizer().vocab_size(); ++id) {
          Matcher next = matcher;
          ASSERT_EQ(mask->test(id), next.accept(id))
              << text << "\nbehind '" << so_far << "': " << id << " '"
              << small_tokenizer().token_bytes(id) << "'";
        }
        const std::vector<TokenId> tokens = mask->to_list();
        ASSERT_FALSE(tokens.empty());
        const TokenId token = tokens[random() % tokens.size()];
        if (small_tokenizer().is_end(token)) break;
        so_far += small_tokenizer().token_bytes(token);
        ASSERT_TRUE(matcher.accept(token));
      }
    }
  }
}

TEST(TokenMasks, ControlTokensNeverMatchText) {
  const auto constraint = compiled(Kind::regex, R"(<\|control\|>|<\|end\|>|x)");
  const auto mask = Matcher(constraint).mask();
  const TokenId end = small_tokenizer().eos();
  EXPECT_FALSE(mask->test(end));
  EXPECT_FALSE(mask->test(end - 1));
  EXPECT_TRUE(mask->test('<'));
  EXPECT_TRUE(mask->test('x'));
}

TEST(TokenMasks, TheEndComesOnlyWhereTheTextMayEnd) {
  const auto constraint = compiled(Kind::regex, "ab?");
  Matcher matcher(constraint);
  const TokenId end = small_tokenizer().eos();
  EXPECT_FALSE(matcher.mask()->test(end));
  ASSERT_TRUE(matcher.accept('a'));
  EXPECT_TRUE(matcher.mask()->test(end));
  EXPECT_TRUE(matcher.mask()->test('b'));
  EXPECT_FALSE(matcher.complete());
  Matcher ended = matcher;
  EXPECT_TRUE(ended.accept(end));
  EXPECT_TRUE(ended.complete());
  ASSERT_TRUE(matcher.accept('b'));
  EXPECT_TRUE(matcher.complete());
  EXPECT_EQ(matcher.mask()->to_list(), std::vector<TokenId>{end});
  EXPECT_FALSE(matcher.accept('b'));
  EXPECT_TRUE(matcher.dead());
}

TEST(TokenMasks, GoThroughHalvesOfCharacters) {
  const auto constraint = compiled(Kind::regex, "€");
  Matcher matcher(constraint);
  const TokenId half = 256 + 33;
  ASSERT_EQ(small_tokenizer().token_bytes(half), "\xE2\x82");
  EXPECT_EQ(matcher.mask()->to_list(), (std::vector<TokenId>{0xE2, half}));
  ASSERT_TRUE(matcher.accept(half));
  EXPECT_EQ(matcher.mask()->to_list(), std::vector<TokenId>{0xAC});
}

// A machine that has grown too large is given up; who is in it goes on in a new one.
TEST(TokenMasks, OutliveTheirMachine) {
  const auto constraint = compiled(Kind::regex, "(.*a.{18}b)?.*");
  std::mt19937 random(3);
  Matcher matcher(constraint);
  for (int i = 0; i < 60'000; ++i) {
    ASSERT_TRUE(matcher.accept(random() % 2 == 0 ? 'a' : 'b'));
  }
  EXPECT_TRUE(matcher.may_end());
  EXPECT_LT(constraint->memory(), std::size_t{80} << 20);
}

TEST(Mask, AppliesToLogits) {
  grammar::Mask mask(130);
  mask.set(0);
  mask.set(65);
  mask.set(129);
  std::vector<float> logits(140, 1.0f);
  mask.apply(logits);
  for (TokenId i = 0; i < 140; ++i) {
    const bool allowed = i == 0 || i == 65 || i == 129;
    EXPECT_EQ(logits[static_cast<std::size_t>(i)] == 1.0f, allowed) << i;
  }
  EXPECT_EQ(mask.count(), 3);
}

}  // namespace
}  // namespace pincer::test
