// Grammars that mean harm: each is refused, or followed, in bounded time and memory.
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "tests/engine/grammar/support.h"

namespace pincer::test {
namespace {

// Seconds; sanitizers and emulators take ten times what a plain build does.
constexpr double kMostSeconds = 30;

class HostileGrammar : public testing::Test {
 protected:
  void TearDown() override { EXPECT_LT(computed() - start_, kMostSeconds); }

 private:
  // Seconds of this thread's own: others may have the cores meanwhile.
  static double computed() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double start_ = computed();
};

std::string repeated(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST_F(HostileGrammar, CountsInCounts) {
  expect_error(Kind::regex, "(a{1,99999}){1,99999}", ErrorCode::limit, {"counts"});
  expect_error(Kind::regex, "((a{1,500}){1,500}){1,999999}", ErrorCode::limit, {"100000"});
  expect_error(Kind::gbnf, "root ::= (\"ab\"{1,60000}){1,60000} (\"c\"{60000})", ErrorCode::limit,
               {});
  // A small automaton that counts to 10^12 is fine.
  const auto constraint = compiled(Kind::regex, "((([ab]{1,1000}){1,1000}){1,1000}){1,1000}");
  ASSERT_NE(constraint, nullptr);
  EXPECT_TRUE(accepts(constraint, "abab"));
}

// Each mask is a little dearer than the one before: the answer ends by what all of them took, long
// before one of them takes as much. Not in bounded time under emulators: 47 million operations.
TEST(AmbiguousGrammar, EndsTheAnswerByWhatAllMasksTook) {
  const auto constraint = compiled(
      Kind::gbnf, "root ::= s\ns ::= [a-z] | [a-z] s | [a-z] s s | [a-z] s s s | [a-z] s s s s\n");
  Matcher matcher(constraint);
  int tokens = 0;
  while (tokens < 300 && matcher.mask() != nullptr) {
    ASSERT_TRUE(matcher.accept('a'));
    ++tokens;
  }
  EXPECT_LT(tokens, 200);
  EXPECT_GT(tokens, 50);
}

TEST_F(HostileGrammar, DeepParentheses) {
  expect_error(Kind::regex, repeated("(", 100'000), ErrorCode::limit, {"128"});
  expect_error(Kind::gbnf, "root ::= " + repeated("(", 100'000), ErrorCode::limit, {"128"});
  expect_error(Kind::json_schema, repeated("{\"a\":", 100'000), ErrorCode::limit, {"128"});
  expect_error(Kind::json_schema, repeated("[", 100'000), ErrorCode::limit, {"128"});
}

TEST_F(HostileGrammar, AMillionRules) {
  std::string text = "root ::= \"a\"\n";
  for (int i = 0; i < 1'000'000; ++i) text += "r" + std::to_string(i) + " ::= \"b\"\n";
  expect_error(Kind::gbnf, text, ErrorCode::limit, {"bytes"});
  expect_error(Kind::gbnf, text.substr(0, 1 << 20), ErrorCode::limit, {"rules"});
}

TEST_F(HostileGrammar, ALongChainOfRules) {
  std::string text = "root ::= r0\n";
  for (int i = 0; i < 15'000; ++i) {
    text += "r" + std::to_string(i) + " ::= \"a\"? r" + std::to_string(i + 1) + "\n";
  }
  text += "r15000 ::= \"b\"\n";
  const auto made = compile(Kind::gbnf, text);
  if (made) {
    EXPECT_TRUE(accepts(*made, "aab"));
  }
}

TEST_F(HostileGrammar, ReferencesInCircles) {
  expect_error(Kind::json_schema, R"({"$ref":"#"})", ErrorCode::invalid_argument, {"itself"});
  expect_error(
      Kind::json_schema,
      R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})",
      ErrorCode::invalid_argument, {"itself"});
  expect_error(Kind::json_schema, R"({"anyOf":[{"$ref":"#"},{"type":"null"}]})",
               ErrorCode::invalid_argument, {"itself"});
  expect_error(Kind::json_schema,
               R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})",
               ErrorCode::invalid_argument, {"never end"});
}

TEST_F(HostileGrammar, AlternativesMultipliedOut) {
  std::string schema = "{\"allOf\":[";
  for (int i = 0; i < 40; ++i) {
    schema += std::string(i > 0 ? "," : "") + R"({"anyOf":[{"minLength":1},{"maxLength":9}]})";
  }
  expect_error(Kind::json_schema, schema + "]}", ErrorCode::limit, {"512"});
}

TEST_F(HostileGrammar, ManyPropertiesAndValues) {
  std::string schema = R"({"type":"object","properties":{)";
  for (int i = 0; i < 800; ++i) {
    schema += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + R"(":{"type":"string"})";
  }
  const auto constraint = compiled(Kind::json_schema, schema + "}}");
  ASSERT_NE(constraint, nullptr);
  EXPECT_TRUE(accepts(constraint, R"({"p3":"x","p799":"y"})"));
  std::string values = R"({"enum":[0)";
  for (int i = 1; i < 20'000; ++i) values += "," + std::to_string(i);
  const auto listed = compiled(Kind::json_schema, values + "]}");
  ASSERT_NE(listed, nullptr);
  EXPECT_TRUE(accepts(listed, "19999"));
  EXPECT_FALSE(accepts(listed, "20000"));
}

TEST_F(HostileGrammar, TooAmbiguousToFollow) {
  // 2^20 states of a deterministic automaton, of which only those on the way are made.
  const auto constraint = compiled(Kind::regex, "(a|b)*a(a|b){20}");
  ASSERT_NE(constraint, nullptr);
  EXPECT_TRUE(accepts(constraint, "abbba" + repeated("b", 20)));
  // Hundreds of copies that are all alive at once.
  const auto many = compile(Kind::regex, repeated("(.*a)?", 300));
  if (many) {
    EXPECT_TRUE(accepts(*many, repeated("ba", 200)));
  }
}

TEST_F(HostileGrammar, SchemasThatAreNone) {
  expect_error(Kind::json_schema, "", ErrorCode::invalid_argument, {"line 1"});
  expect_error(Kind::json_schema, "{", ErrorCode::invalid_argument, {"key"});
  expect_error(Kind::json_schema, "[]", ErrorCode::invalid_argument, {"object, true or false"});
  expect_error(Kind::json_schema, "false", ErrorCode::invalid_argument, {"never end"});
  expect_error(Kind::json_schema, R"({"type":"strin"})", ErrorCode::invalid_argument, {"strin"});
  expect_error(Kind::json_schema, R"({"type":"object","type":"string"})",
               ErrorCode::invalid_argument, {"twice"});
  expect_error(Kind::json_schema, R"({"properties":{"a":{"minLength":-1}}})",
               ErrorCode::invalid_argument, {"#/properties/a/minLength"});
  expect_error(Kind::json_schema, "{\"const\":\"\xFF\"}", ErrorCode::invalid_argument, {"UTF-8"});
  expect_error(Kind::json_schema, R"({"const":"\ud800"})", ErrorCode::invalid_argument,
               {"surrogate"});
  expect_error(Kind::json_schema, R"({"minimum":1e400,"type":"number"})",
               ErrorCode::invalid_argument, {"40"});
}

}  // namespace
}  // namespace pincer::test
