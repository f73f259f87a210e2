#include <gtest/gtest.h>

#include <string>

#include "tests/engine/grammar/support.h"

namespace pincer::test {
namespace {

TEST(Gbnf, ReadsLiteralsAndSequences) {
  expect_texts(Kind::gbnf, "root ::= \"a\" \"b\\n\\t\\x41\\u00e4\\U0001F600\\\"\"",
               {"ab\n\tAä😀\""}, {"a", "ab", ""});
}

TEST(Gbnf, ReadsAlternativesOverLines) {
  expect_texts(Kind::gbnf,
               "root ::= \"a\" |\n  \"b\" | # a comment\n  rest\nrest ::= (\n \"c\"\n | \"d\"\n)\n",
               {"a", "b", "c", "d"}, {"e", "ab"});
}

TEST(Gbnf, ReadsCharacterClasses) {
  expect_texts(Kind::gbnf, "root ::= [a-cx\\]-]+ [^0-9]", {"a]-x", "abä"}, {"a", "a1", "d "});
  expect_texts(Kind::gbnf, "root ::= . .", {"ab", "ä€", "\n😀"}, {"a", "abc", "\xC3\xC3"});
}

TEST(Gbnf, ReadsRepetitions) {
  expect_texts(Kind::gbnf, "root ::= \"a\"{3}", {"aaa"}, {"aa", "aaaa"});
  expect_texts(Kind::gbnf, "root ::= \"ab\"{1,3}", {"ab", "ababab"}, {"", "abababab"});
  expect_texts(Kind::gbnf, "root ::= (\"a\" | \"bc\"){2,}", {"aa", "bca", "abcbca"},
               {"a", "bc", "ab"});
  expect_texts(Kind::gbnf, "root ::= \"a\"{,2}", {"", "a", "aa"}, {"aaa"});
  expect_texts(Kind::gbnf, "root ::= \"a\"? \"b\"* \"c\"+", {"c", "abbcc", "bc"}, {"ab", "aac"});
  expect_texts(Kind::gbnf, "root ::= (\"a\"? \"b\"?){2}", {"", "ab", "abab", "ba"}, {"ababa"});
}

TEST(Gbnf, FollowsRulesIntoThemselves) {
  const std::string nested = "root ::= list\nlist ::= \"(\" list* \")\"";
  expect_texts(Kind::gbnf, nested, {"()", "(()())", "((((()))))"}, {"(", "())", "(()"});
  expect_texts(Kind::gbnf, "root ::= \"a\" root \"b\" | \"ab\"", {"ab", "aabb", "aaabbb"},
               {"aab", "abb", "ba"});
  expect_texts(Kind::gbnf, "root ::= item (\",\" root)?\nitem ::= [0-9]+", {"1", "1,22,3"},
               {"1,", ",1"});
  // Ambiguous: any number of readings, one set of them.
  expect_texts(Kind::gbnf, "root ::= \"a\" root root | \"a\"?", {"", "a", "aaaaaaaaaaaaaaaaaaaa"},
               {"b"});
}

TEST(Gbnf, NestsWithoutRecursionOfItsOwn) {
  const auto constraint = compiled(Kind::gbnf, "root ::= \"(\" root \")\" | \"\"");
  const std::string deep(20'000, '(');
  Matcher matcher(constraint);
  ASSERT_TRUE(matcher.accept_bytes(deep));
  EXPECT_FALSE(matcher.may_end());
  ASSERT_TRUE(matcher.accept_bytes(std::string(20'000, ')')));
  EXPECT_TRUE(matcher.complete());
}

TEST(Gbnf, NamesLeftRecursion) {
  expect_error(Kind::gbnf, "root ::= root \"a\" | \"a\"", ErrorCode::invalid_argument,
               {"left recursion", "root -> root"});
  expect_error(Kind::gbnf, "root ::= a \"x\"\na ::= b? c\nb ::= \"b\"\nc ::= a \"c\" | \"d\"",
               ErrorCode::invalid_argument, {"left recursion", "a -> c -> a"});
  expect_error(Kind::gbnf, "root ::= (root \"a\")* \"b\"", ErrorCode::invalid_argument,
               {"left recursion", "root"});
}

TEST(Gbnf, NamesWhatCanNeverEnd) {
  expect_error(Kind::gbnf, "root ::= \"a\" root", ErrorCode::invalid_argument,
               {"root", "never end"});
  // An alternative that can never end is none.
  expect_texts(Kind::gbnf, "root ::= \"b\" | loop\nloop ::= \"a\" loop", {"b"}, {"a", "ab"});
}

TEST(Gbnf, SaysWhereTheSyntaxIsWrong) {
  expect_error(Kind::gbnf, "root ::= \"a\"\nb := \"c\"", ErrorCode::invalid_argument,
               {"line 2", "::="});
  expect_error(Kind::gbnf, "root ::= missing", ErrorCode::invalid_argument,
               {"missing", "not defined"});
  expect_error(Kind::gbnf, "a ::= \"a\"", ErrorCode::invalid_argument, {"root"});
  expect_error(Kind::gbnf, "", ErrorCode::invalid_argument, {"root"});
  expect_error(Kind::gbnf, "root ::= \"a\"\nroot ::= \"b\"", ErrorCode::invalid_argument,
               {"line 2", "twice"});
  expect_error(Kind::gbnf, "root ::= \"a", ErrorCode::invalid_argument, {"quote"});
  expect_error(Kind::gbnf, "root ::= [a", ErrorCode::invalid_argument, {"']'"});
  expect_error(Kind::gbnf, "root ::= (\"a\"", ErrorCode::invalid_argument, {"')'"});
  expect_error(Kind::gbnf, "root ::= \"\\q\"", ErrorCode::invalid_argument, {"escape"});
  expect_error(Kind::gbnf, "root ::= \"a\"{3,1}", ErrorCode::invalid_argument, {"3", "1"});
  expect_error(Kind::gbnf, "root ::= <think>", ErrorCode::unsupported, {"<...>"});
}

}  // namespace
}  // namespace pincer::test
