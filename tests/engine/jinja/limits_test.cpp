// Hostile templates: each ends with a one-line limit error instead of time, memory or the stack.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "tests/engine/jinja/render.h"

namespace pincer::test {
namespace {

std::string times(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

struct Hostile {
  const char* name;
  std::string source;
};

// The sources are long: tests go by their names.
void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }
std::string name_of(const ::testing::TestParamInfo<Hostile>& info) { return info.param.name; }

class HostileTemplate : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileTemplate, EndsWithALimit) {
  const auto result = pieces(GetParam().source, {{"u", untrusted(std::string(100'000, 'x'))}});
  ASSERT_FALSE(result.ok()) << "rendered " << joined(*result).size() << " bytes";
  EXPECT_EQ(result.error().code, ErrorCode::limit) << result.error().message;
  EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
  EXPECT_LT(result.error().message.size(), 200U);
}

const std::string kNested =
    "{% for a in range(90000) %}{% for b in range(90000) %}{% for c in range(90000) %}"
    "{% endfor %}{% endfor %}{% endfor %}";

INSTANTIATE_TEST_SUITE_P(
    Loops, HostileTemplate,
    ::testing::Values(
        Hostile{"LongRange", "{% for i in range(1000000000) %}{% endfor %}"},
        Hostile{"ListOfARange", "{{ range(10**12) | list }}"},
        Hostile{"WidestRange", "{{ range(-9223372036854775807, 9223372036854775807) }}"},
        Hostile{"NestedLoops", kNested},
        Hostile{"FilteredLoops", "{% for i in range(90000) if false %}{% endfor %}" + kNested},
        Hostile{"MacroRecursion", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"},
        Hostile{
            "CallerRecursion",
            "{% macro m(x) %}{{ caller(x) }}{% endmacro %}"
            "{% macro n(x) %}{% call(y) m(x) %}{{ n(y) }}{% endcall %}{% endmacro %}{{ n(1) }}"},
        Hostile{"LoopRecursion", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}"},
        Hostile{"BranchingRecursion",
                "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}"
                "{{ m(100) }}"},
        Hostile{"LoopOfSums", "{% for i in range(99999) %}{{ range(99999) | sum }}{% endfor %}"},
        Hostile{"MapOfMaps", "{{ 'a' | map(" + times("'map',", 5000) + "'upper') | list }}"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Sizes, HostileTemplate,
    ::testing::Values(
        Hostile{"LongText", "{{ 'x' * 1000000000 }}"},
        Hostile{"LongestText", "{{ 'x' * 9223372036854775807 }}"},
        Hostile{"LongList", "{{ [1] * 1000000000 }}"},
        Hostile{"LongestTuple", "{{ (1, 2, 3) * 9223372036854775807 }}"},
        Hostile{"GrowingText",
                "{% set ns = namespace(s='x' * 1000) %}"
                "{% for i in range(90000) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}"},
        Hostile{"GrowingList",
                "{% set ns = namespace(s=[1]) %}"
                "{% for i in range(90000) %}{% set ns.s = ns.s + ns.s %}{% endfor %}"},
        Hostile{"Output", "{% for i in range(90000) %}{{ u }}{% endfor %}"},
        Hostile{"Upper", "{% for i in range(90000) %}{{ (u | upper)[0] }}{% endfor %}"},
        Hostile{"Split", "{% for i in range(90000) %}{{ u.split('x') | length }}{% endfor %}"},
        Hostile{"Replace", "{{ u.replace('x', u) }}"},
        Hostile{"Characters", "{% for i in range(90000) %}{{ u | list | length }}{% endfor %}"},
        Hostile{"FindFromTheRight", "{% for i in range(90000) %}{{ u.rfind('xy') }}{% endfor %}"},
        Hostile{"PercentWidth", "{{ '%1000000000d' % 1 }}"},
        Hostile{"BraceWidth", "{{ '{:1000000000}'.format(1) }}"},
        Hostile{"CenterMethod", "{{ 'x'.center(10**9) }}"},
        Hostile{"CenterFilter", "{{ 'a' | center(1000000000) }}"},
        Hostile{"Indent", "{{ 'a\nb' | indent(1000000000) }}"},
        Hostile{"Batch", "{{ [1] | batch(1000000000, 0) | list }}"},
        Hostile{"Slice", "{{ [1] | slice(1000000000) | list }}"},
        Hostile{"JsonIndent", "{{ [1] | tojson(indent=1000000000) }}"}),
    name_of);

const std::string kDoubling =
    "{% set ns = namespace(v=(1,)) %}"
    "{% for i in range(100) %}{% set ns.v = (ns.v, ns.v) %}{% endfor %}";

INSTANTIATE_TEST_SUITE_P(
    Values, HostileTemplate,
    ::testing::Values(
        Hostile{"DeepList",
                "{% set ns = namespace(v=[]) %}"
                "{% for i in range(1000) %}{% set ns.v = [ns.v] %}{% endfor %}"},
        Hostile{"DeepDict",
                "{% set ns = namespace(v={}) %}"
                "{% for i in range(1000) %}{% set ns.v = {'k': ns.v} %}{% endfor %}"},
        Hostile{"DeepMethods",
                "{% set ns = namespace(v=[]) %}"
                "{% for i in range(1000) %}{% set ns.v = [ns.v.count] %}{% endfor %}"},
        // A tuple of two times itself, 100 times: 2^100 elements.
        Hostile{"PrintDoubling", kDoubling + "{{ ns.v }}"},
        Hostile{"JsonDoubling", kDoubling + "{{ ns.v | tojson }}"},
        Hostile{"KeyDoubling", kDoubling + "{{ {ns.v: 1} }}"},
        Hostile{"CompareDoubling",
                kDoubling + "{% set a = ns.v %}" + kDoubling + "{{ a == ns.v }}"},
        Hostile{"NamespaceInItself", "{% set a = namespace() %}{% set a.a = a %}{{ a }}"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Sources, HostileTemplate,
    ::testing::Values(
        Hostile{"Parentheses", "{{ " + times("(", 100'000) + "1" + times(")", 100'000) + " }}"},
        Hostile{"Lists", "{{ " + times("[", 100'000)},
        Hostile{"Dicts", "{{ " + times("{1:", 100'000)},
        Hostile{"Nots", "{{ " + times("not ", 100'000) + "1 }}"},
        Hostile{"Signs", "{{ " + times("-", 100'000) + "1 }}"},
        Hostile{"Sums", "{{ 1" + times("+1", 100'000) + " }}"},
        Hostile{"Powers", "{{ 1" + times(" ** 1", 100'000) + " }}"},
        Hostile{"Attributes", "{{ x" + times(".x", 100'000) + " }}"},
        Hostile{"Filters", "{{ x" + times("|e", 100'000) + " }}"},
        Hostile{"Calls", "{{ x" + times("()", 100'000) + " }}"},
        Hostile{"Items", "{{ x" + times("[x", 100'000)},
        Hostile{"Arguments", "{{ x" + times("(x", 100'000)},
        Hostile{"Conditionals", "{{ x" + times(" if x else x", 50'000) + " }}"},
        Hostile{"Ifs", times("{% if x %}", 50'000) + times("{% endif %}", 50'000)},
        Hostile{"Loops", times("{% for x in y %}", 50'000)},
        Hostile{"Macros", times("{% macro m() %}", 50'000)},
        Hostile{"FilterBlocks", times("{% filter upper %}", 50'000)},
        Hostile{"Targets", "{% set " + times("(", 100'000) + "x" + times(")", 100'000) + " = 1 %}"},
        Hostile{"Size", std::string(2 << 20, 'x')}),
    name_of);

TEST(JinjaLimits, ContextsMayNotBeDeeperThanTheLimit) {
  jinja::Value deep = jinja::List{};
  for (int i = 0; i < 1000; ++i) deep = jinja::List{deep};
  const auto result = pieces("{{ deep | length }}", {{"deep", deep}});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::limit);
}

TEST(JinjaLimits, StepsAreTheCallers) {
  const std::string source = "{% for i in range(1000) %}{{ i }}{% endfor %}";
  jinja::Limits few;
  few.steps = 1000;
  const Result<jinja::Template> parsed = jinja::Template::parse(source);
  ASSERT_TRUE(parsed.ok());
  EXPECT_FALSE(parsed->render({}, few).ok());
  EXPECT_TRUE(parsed->render({}).ok());
}

TEST(JinjaLimits, OutputIsTheCallers) {
  jinja::Limits small;
  small.output_bytes = 100;
  EXPECT_EQ(render("{{ 'x' * 100 }}", {}, small), std::string(100, 'x'));
  EXPECT_NE(render("{{ 'x' * 100 }}y", {}, small).find("error: "), std::string::npos);
}

TEST(JinjaLimits, HonestNestingIsFar) {
  EXPECT_EQ(render("{{ " + times("(", 60) + "1" + times(")", 60) + " }}"), "1");
  EXPECT_EQ(render(times("{% if true %}", 60) + "x" + times("{% endif %}", 60)), "x");
  EXPECT_EQ(render("{{ 0" + times(" + 1", 100) + " }}"), "100");
  EXPECT_EQ(render("{% macro m(n) %}{% if n %}{% for i in [1] %}{{ m(n - 1) }}{% endfor %}"
                   "{% else %}end{% endif %}{% endmacro %}{{ m(60) }}"),
            "end");
}

// A long chat is not hostile: a megabyte of text in a thousand messages.
TEST(JinjaLimits, LongChatsPass) {
  jinja::List messages;
  for (int i = 0; i < 1000; ++i) {
    messages.push_back(jinja::Object{{"role", trusted("user")},
                                     {"content", untrusted("  " + std::string(1000, 'x') + "  ")}});
  }
  const auto result = pieces(
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m['content'] | trim + "
      "'<|im_end|>\n' }}"
      "{% endfor %}",
      {{"messages", messages}});
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->size(), 2001U);
}

}  // namespace
}  // namespace pincer::test
