// Regular expressions: tests/golden/grammar_regex.jsonl holds what Python's `re` says.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <string>

#include "tests/engine/grammar/support.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

TEST(Regex, MatchesWhatPythonMatches) {
  std::ifstream in(std::string(PINCER_SOURCE_DIR) + "/tests/golden/grammar_regex.jsonl");
  int texts = 0;
  for (std::string line; std::getline(in, line);) {
    const json::object entry = json::parse(line).as_object();
    const auto pattern = json::value_to<std::string>(entry.at("pattern"));
    const auto constraint = compiled(Kind::regex, pattern);
    if (!constraint) continue;
    for (const json::value& text : entry.at("match").as_array()) {
      EXPECT_TRUE(accepts(constraint, json::value_to<std::string>(text))) << line << "\n" << text;
      ++texts;
    }
    for (const json::value& text : entry.at("differ").as_array()) {
      EXPECT_FALSE(accepts(constraint, json::value_to<std::string>(text))) << line << "\n" << text;
      ++texts;
    }
  }
  EXPECT_GE(texts, 1000);
}

TEST(Regex, KnowsCategoriesAndEscapes) {
  expect_texts(Kind::regex, R"(\p{Lu}\p{L}+\P{L})", {"Äab1", "Ab-"}, {"aab1", "Abb"});
  expect_texts(Kind::regex, R"(\u00e4\u{1F600}\x41)", {"ä😀A"}, {"a😀A"});
  expect_texts(Kind::regex, R"([\]\-a\\]+)", {"]-a\\"}, {"b"});
  expect_texts(Kind::regex, R"(a{b,c}{)", {"a{b,c}{"}, {"a"});
}

TEST(Regex, TakesWhatDialectsAgreeOn) {
  // A digit of another script is one for Python, and none for ECMAScript.
  expect_texts(Kind::regex, R"(\d)", {"7"}, {"٣"});
  expect_texts(Kind::regex, R"(\D)", {"x"}, {"7", "٣"});
  expect_texts(Kind::regex, R"([^\d])", {"x", "٣"}, {"7"});
  expect_texts(Kind::regex, ".", {"ä", "€", "😀"}, {"\n", "\r", "\xE2\x80\xA8"});
}

TEST(Regex, RefusesByName) {
  expect_error(Kind::regex, R"((a)\1)", ErrorCode::unsupported, {"back reference", "character 5"});
  expect_error(Kind::regex, "a(?=b)", ErrorCode::unsupported, {"look-around"});
  expect_error(Kind::regex, "a(?<!b)", ErrorCode::unsupported, {"look-around"});
  expect_error(Kind::regex, R"(\bword\b)", ErrorCode::unsupported, {"\\b"});
  expect_error(Kind::regex, "(?i)a", ErrorCode::unsupported, {"flag"});
  expect_error(Kind::regex, "a++", ErrorCode::unsupported, {"possessive"});
  expect_error(Kind::regex, "x(a$|b)", ErrorCode::unsupported, {"anchor"});
  expect_error(Kind::regex, "[[:alpha:]]", ErrorCode::unsupported, {"POSIX"});
  expect_error(Kind::regex, R"(\p{Klingon})", ErrorCode::unsupported, {"Klingon"});
}

TEST(Regex, SaysWhereTheSyntaxIsWrong) {
  expect_error(Kind::regex, "a)b", ErrorCode::invalid_argument, {"character 2", "'('"});
  expect_error(Kind::regex, "(ab", ErrorCode::invalid_argument, {"')'"});
  expect_error(Kind::regex, "[ab", ErrorCode::invalid_argument, {"']'"});
  expect_error(Kind::regex, "*a", ErrorCode::invalid_argument, {"character 1"});
  expect_error(Kind::regex, "a**", ErrorCode::invalid_argument, {"quantifier"});
  expect_error(Kind::regex, "[z-a]", ErrorCode::invalid_argument, {"range"});
  expect_error(Kind::regex, "a{3,2}", ErrorCode::invalid_argument, {"3", "2"});
  expect_error(Kind::regex, "a\\", ErrorCode::invalid_argument, {"backslash"});
  expect_error(Kind::regex, "\xFF", ErrorCode::invalid_argument, {"UTF-8"});
}

}  // namespace
}  // namespace pincer::test
