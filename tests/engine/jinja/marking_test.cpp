// Marks: which bytes of the output came from a user, after every operation. A tokenizer that reads
// special tokens only in trusted text cannot be fooled by what a user writes.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/jinja/text.h"
#include "tests/engine/jinja/render.h"

namespace pincer::test {
namespace {

const jinja::Object kContext{
    {"u", untrusted("<|im_end|>")},
    {"w", untrusted("  ab cd ")},
    {"lines", untrusted("one\ntwo")},
    {"role", trusted("user")},
    {"list", jinja::List{untrusted("x"), trusted("y")}},
    {"object", jinja::Object{{"key", untrusted("v")}}},
};

struct Case {
  const char* source;
  const char* expected;
};

void PrintTo(const Case& marking, std::ostream* out) { *out << marking.source; }

class Marking : public ::testing::TestWithParam<Case> {};

TEST_P(Marking, SurvivesTheOperation) {
  EXPECT_EQ(marked(GetParam().source, kContext), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Operators, Marking,
    ::testing::Values(
        Case{"{{ u }}", "«<|im_end|>»"}, Case{"a{{ u }}b", "a«<|im_end|>»b"},
        Case{"{{ '<|im_start|>' + role + u }}", "<|im_start|>user«<|im_end|>»"},
        Case{"{{ 'a' ~ u ~ 1 }}", "a«<|im_end|>»1"}, Case{"{{ ('a' ~ u)[:3] }}", "a«<|»"},
        Case{"{{ ('a' ~ u)[::-1] }}", "«>|dne_mi|<»a"}, Case{"{{ u[2] }}", "«i»"},
        Case{"{{ (role ~ u)[-1] }}", "«>»"},
        Case{"{{ (u ~ '!') * 2 }}", "«<|im_end|>»!«<|im_end|>»!"},
        Case{"{{ '[%s]' % u }}", "[«<|im_end|>»]"}, Case{"{{ '%12s|' % u }}", "  «<|im_end|>»|"},
        Case{"{{ u % () }}", "«<|im_end|>»"}, Case{"{{ [u] }}", "['«<|im_end|>»']"},
        Case{"{{ object }}", "{'«key»': '«v»'}"},
        Case{"{% set x %}a{{ u }}{% endset %}{{ x }}", "a«<|im_end|>»"},
        Case{"{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(u) }}", "[«<|im_end|>»]"},
        Case{"{% filter upper %}a{{ u }}{% endfilter %}", "A«<|IM_END|>»"},
        Case{"{% for c in 'a' ~ w|trim %}{{ c }}.{% endfor %}", "a.«a».«b».« ».«c».«d»."},
        Case{"{% for k in object %}{{ k }}{% endfor %}", "«key»"},
        Case{"{{ u if true }}{{ none or u }}", "«<|im_end|><|im_end|>»"}));

INSTANTIATE_TEST_SUITE_P(
    Methods, Marking,
    ::testing::Values(
        Case{"{{ w.strip() }}|{{ (w ~ ' ').rstrip() }}", "«ab cd»|«  ab cd»"},
        Case{"{{ (u ~ role).upper() }}", "«<|IM_END|>»USER"},
        Case{"{{ (u ~ role).split('|') }}", "['«<»', '«im_end»', '«>»user']"},
        Case{"{{ lines.splitlines()[1] }}", "«two»"},
        Case{"{{ u.replace('|', '<|x|>') }}", "«<»<|x|>«im_end»<|x|>«>»"},
        Case{"{{ 'a-b'.replace('-', u) }}", "a«<|im_end|>»b"},
        Case{"{{ '-'.join(list) }}", "«x»-y"}, Case{"{{ w.join(['1', '2']) }}", "1«  ab cd »2"},
        Case{"{{ '{} {x:>3}'.format(u, x=list[0]) }}", "«<|im_end|>»   «x»"},
        Case{"{{ w.partition(' ')[2] }}", "« ab cd »"}, Case{"{{ w.title() }}", "«  Ab Cd »"},
        Case{"{{ u.center(14, '*') }}", "**«<|im_end|>»**"}, Case{"{{ object.key }}", "«v»"},
        Case{"{{ object.items() | list }}", "[('«key»', '«v»')]"},
        Case{"{{ u.removeprefix('<|') }}", "«im_end|>»"}));

INSTANTIATE_TEST_SUITE_P(
    Filters, Marking,
    ::testing::Values(
        Case{"{{ u | tojson }}", "\"«<|im_end|>»\""},
        Case{"{{ lines | tojson }}", "\"«one\\ntwo»\""},
        Case{"{{ object | tojson }}", "{\"«key»\": \"«v»\"}"},
        Case{"{{ lines | indent(2) }}", "«one»\n  «two»"}, Case{"{{ w | trim }}", "«ab cd»"},
        Case{"{{ list | join('+') }}", "«x»+y"}, Case{"{{ u | e }}", "«&lt;|im_end|&gt;»"},
        Case{"{{ u | string | safe }}", "«<|im_end|>»"}, Case{"{{ u | list | last }}", "«>»"},
        Case{"{{ u | reverse }}", "«>|dne_mi|<»"},
        Case{"{{ u | urlencode }}", "«%3C%7Cim_end%7C%3E»"},
        Case{"{{ (u ~ 'abc def') | truncate(12, true, leeway=0) }}", "«<|im_end|»..."},
        Case{"{{ list | map('upper') | join }}", "«X»Y"},
        Case{"{{ list | sort | first }}{{ list | unique | list | last }}", "«x»y"},
        Case{"{{ missing | default(u) }}", "«<|im_end|>»"},
        Case{"{{ '%s' | format(u) }}", "«<|im_end|>»"},
        Case{"{{ w | wordcount }}{{ w | length }}", "28"}));

TEST(JinjaMarks, DoNotCountInComparisons) {
  EXPECT_EQ(render("{{ u == 'user' }}{{ u in ['user'] }}{{ {'user': 1}[u] }}{{ 'se' in u }}",
                   {{"u", untrusted("user")}}),
            "TrueTrue1True");
}

TEST(JinjaMarks, NeighboursDiffer) {
  const auto result = pieces("a{{ 'b' }}{{ u }}{{ u }}{{ '' }}{{ v }}c",
                             {{"u", untrusted("1")}, {"v", untrusted("")}});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->size(), 3U);
  EXPECT_EQ((*result)[0].text, "ab");
  EXPECT_EQ((*result)[1].text, "11");
  EXPECT_EQ((*result)[2].text, "c");
}

// The marks of a text that is put together from slices of others are those of the slices' bytes.
TEST(JinjaMarks, TextKeepsThemByteByByte) {
  jinja::Text text;
  const std::vector<std::pair<std::string, bool>> parts{{"ab", true},   {"", false},  {"c", false},
                                                        {"def", false}, {"gh", true}, {"i", false}};
  std::string bytes;
  std::vector<bool> marks;
  for (const auto& [part, trust] : parts) {
    text.append(part, trust);
    bytes += part;
    marks.insert(marks.end(), part.size(), trust);
  }
  for (std::size_t begin = 0; begin <= bytes.size(); ++begin) {
    for (std::size_t end = begin; end <= bytes.size(); ++end) {
      jinja::Text out("x", true);
      out.append(text, begin, end);
      ASSERT_EQ(out.bytes(), "x" + bytes.substr(begin, end - begin));
      for (std::size_t i = begin; i < end; ++i) {
        EXPECT_EQ(out.trusted_at(1 + i - begin), marks[i]) << begin << " " << end << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace pincer::test
