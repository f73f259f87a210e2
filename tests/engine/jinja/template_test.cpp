// The interpreter from outside: values, the clock, threads.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "engine/jinja/clock.h"
#include "engine/jinja/number_text.h"
#include "tests/engine/jinja/render.h"

namespace pincer::test {
namespace {

TEST(JinjaTemplate, ValuesPrintAsPythonPrintsThem) {
  const jinja::Object context{{"none", jinja::Value()},
                              {"list", jinja::List{true, std::int64_t{-3}, 0.5, untrusted("it's")}},
                              {"object", jinja::Object{{"a", jinja::Value()}}}};
  EXPECT_EQ(render("{{ none }} {{ list }} {{ object }}", context),
            "None [True, -3, 0.5, \"it's\"] {'a': None}");
}

// Expected values are Python's repr(float).
TEST(JinjaTemplate, FloatsHaveTheShortestDigits) {
  EXPECT_EQ(jinja::float_repr(0.1), "0.1");
  EXPECT_EQ(jinja::float_repr(1e16), "1e+16");
  EXPECT_EQ(jinja::float_repr(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(jinja::float_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(jinja::float_repr(1e-4), "0.0001");
  EXPECT_EQ(jinja::float_repr(1e-5), "1e-05");
  EXPECT_EQ(jinja::float_repr(-0.0), "-0.0");
  EXPECT_EQ(jinja::float_repr(5e-324), "5e-324");
  EXPECT_EQ(jinja::float_repr(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(jinja::float_repr(std::nan("")), "nan");
}

TEST(JinjaTemplate, BytesThatAreNotUtf8Pass) {
  const jinja::Object context{{"x", untrusted("a\xFF\xC3")}};
  EXPECT_EQ(render("{{ x | upper }}{{ x | length }}{{ x[1] }}{{ x | reverse }}", context),
            "A\xFF\xC3"
            "3\xFF\xC3\xFF"
            "a");
}

TEST(JinjaTemplate, TheContextHidesGlobals) {
  EXPECT_EQ(render("{{ range }}", {{"range", std::int64_t{5}}}), "5");
}

TEST(JinjaTemplate, ShowsTheTimeOfTheClock) {
  const jinja::FixedClock clock({2026, 3, 5, 14, 7, 9, 42});
  EXPECT_EQ(render("{{ strftime_now('%d %b %Y, %H:%M:%S.%f') }}"), "05 Mar 2026, 14:07:09.000042");
  EXPECT_EQ(render("{{ strftime_now('%A %-d %B %j%Z %q %') }}"), "Thursday 5 March 064 %q %");
}

TEST(JinjaTemplate, WithoutAFixedClockTheYearIsNow) {
  const std::string year = render("{{ strftime_now('%Y') }}");
  EXPECT_GE(std::stoi(year), 2024);
}

TEST(JinjaTemplate, ADefaultTemplateIsEmpty) {
  const jinja::Template empty;
  const auto result = empty.render({});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->empty());
}

TEST(JinjaConcurrency, OneTemplateRendersOnSeveralThreads) {
  const Result<jinja::Template> parsed = jinja::Template::parse(
      "{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n "
      "}}");
  ASSERT_TRUE(parsed.ok());
  jinja::List numbers;
  for (std::int64_t i = 1; i <= 100; ++i) numbers.push_back(i);
  const jinja::Object context{{"xs", numbers}};
  std::vector<std::string> outputs(4);
  std::vector<std::thread> threads;
  threads.reserve(outputs.size());
  for (std::string& output : outputs) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) output = joined(*parsed->render(context));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& output : outputs) EXPECT_EQ(output, "5050");
}

}  // namespace
}  // namespace pincer::test
