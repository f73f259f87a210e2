#include "server/cli/csv.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

std::string refusal(std::string_view text) {
  const auto rows = parse_csv(text);
  return rows ? "" : rows.error().message;
}

TEST(Csv, ReadsFieldsInQuotes) {
  const auto rows = parse_csv("a,b\r\n\"x, \"\"y\"\"\nz\",\n1,\"\"\n\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (std::vector<CsvRow>{{"a", "b"}, {"x, \"y\"\nz", ""}, {"1", ""}}));
  EXPECT_EQ(parse_csv("\xEF\xBB\xBFprompt")->at(0).at(0), "prompt");
  EXPECT_TRUE(parse_csv("")->empty());
}

TEST(Csv, NamesTheLineThatBreaksTheFormat) {
  EXPECT_EQ(refusal("a,b\n\"x\ny\",1\n2\n"), "line 4: 1 fields, but the first line has 2");
  EXPECT_EQ(refusal("a\n\"x"), "line 2: a quote that does not end");
  EXPECT_EQ(refusal("a\nx\"y\n"), "line 2: a quote inside a field that has none around it");
  EXPECT_EQ(refusal("a\n\"x\"y\n"), "line 2: a comma or the end of the line should follow a field");
}

TEST(Csv, WritesWhatItReads) {
  const CsvRow row = {"plain", "a,b", "say \"x\"", "two\nlines", ""};
  EXPECT_EQ(csv_line(row), "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\n");
  EXPECT_EQ(parse_csv(csv_line(row))->at(0), row);
}

}  // namespace
}  // namespace pincer
