#include "server/route/expression.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pincer {
namespace {

using Type = ExpressionName::Type;

const std::vector<ExpressionName> kNames = {{"tools", Type::boolean},
                                            {"characters", Type::number},
                                            {"privacy", Type::text},
                                            {"local-a.context", Type::number}};

class Values final : public ExpressionValues {
 public:
  ExpressionValue get(std::size_t index) const override {
    const std::vector<ExpressionValue> values = {true, 42.0, std::string_view("local_only"),
                                                 2048.0};
    return values.at(index);
  }
};

bool holds(const std::string& source) {
  const auto parsed = parse_expression(source, kNames);
  EXPECT_TRUE(parsed) << source << ": " << (parsed ? "" : parsed.error().message);
  return parsed && parsed->holds(Values());
}

std::string refusal(const std::string& source) {
  const auto parsed = parse_expression(source, kNames);
  return parsed ? "" : parsed.error().message;
}

TEST(Expression, ComparesNumbersTextsAndConditions) {
  EXPECT_TRUE(holds("characters < 50"));
  EXPECT_FALSE(holds("characters < 42"));
  EXPECT_TRUE(holds("characters <= 42"));
  EXPECT_TRUE(holds("characters >= 42"));
  EXPECT_FALSE(holds("characters > 42"));
  EXPECT_TRUE(holds("characters == 4.2e1"));
  EXPECT_TRUE(holds("characters != -42"));
  EXPECT_TRUE(holds("characters<local-a.context"));
  EXPECT_TRUE(holds("privacy == \"local_only\""));
  EXPECT_TRUE(holds("privacy == 'local_only'"));
  EXPECT_TRUE(holds("privacy contains 'only'"));
  EXPECT_FALSE(holds("privacy contains 'ONLY'"));
  EXPECT_TRUE(holds("tools"));
  EXPECT_TRUE(holds("tools == true"));
  EXPECT_FALSE(holds("tools == (characters > 50)"));
}

TEST(Expression, BindsNotBeforeAndBeforeOr) {
  EXPECT_TRUE(holds("true or false and false"));
  EXPECT_FALSE(holds("(true or false) and false"));
  EXPECT_FALSE(holds("not true or false"));
  EXPECT_TRUE(holds("not (true and false)"));
  EXPECT_TRUE(holds("not not tools"));
  EXPECT_FALSE(holds("not characters < 50"));
  EXPECT_TRUE(holds("false or false or true"));
}

TEST(Expression, SaysWhereItIsWrong) {
  EXPECT_EQ(refusal("charcters < 5"),
            "column 1: nothing is called 'charcters'; did you mean 'characters'?");
  EXPECT_EQ(refusal("tools and characters"),
            "column 11: a number is no condition; compare it with something");
  EXPECT_EQ(refusal("characters"), "column 1: a number is no condition; compare it with something");
  EXPECT_EQ(refusal("characters > 'a'"), "column 12: a number is compared with a text");
  EXPECT_EQ(refusal("privacy < 'a'"), "column 9: < does not go with a text");
  EXPECT_EQ(refusal("characters contains 4"), "column 12: contains does not go with a number");
  EXPECT_EQ(refusal("characters = 4"), "column 12: '=' compares nothing; write ==");
  EXPECT_EQ(refusal("tools && tools"), "column 7: write `and`");
  EXPECT_EQ(refusal("characters >"), "column 13: the expression ends too early");
  EXPECT_EQ(refusal(""), "column 1: the expression ends too early");
  EXPECT_EQ(refusal("(tools"), "column 7: a ')' is missing");
  EXPECT_EQ(refusal("tools tools"), "column 7: `and`, `or` or the end should stand here");
  EXPECT_EQ(refusal("privacy == 'a"), "column 12: this text has no end; the quote is missing");
  EXPECT_EQ(refusal("characters > 5s"), "column 14: this is no number");
  EXPECT_EQ(refusal("1 < 2 < 3"), "column 7: `and`, `or` or the end should stand here");
}

TEST(Expression, IsBounded) {
  EXPECT_TRUE(refusal(std::string(30, '(') + "tools" + std::string(30, ')')).empty());
  EXPECT_NE(refusal(std::string(40, '(') + "tools" + std::string(40, ')')).find("too many levels"),
            std::string::npos);
  std::string nots, chain = "tools";
  for (int i = 0; i < 40; ++i) nots += "not ";
  EXPECT_NE(refusal(nots + "tools").find("too many levels"), std::string::npos);
  for (int i = 0; i < 300; ++i) chain += " or tools";
  EXPECT_NE(refusal(chain).find("too long"), std::string::npos);
  EXPECT_NE(refusal(std::string(5000, ' ')).find("longer than 4096"), std::string::npos);
}

}  // namespace
}  // namespace pincer
