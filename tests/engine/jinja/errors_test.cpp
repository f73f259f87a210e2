// Messages say the line and what is wrong there.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/engine/jinja/render.h"

namespace pincer::test {
namespace {

struct Case {
  const char* source;
  const char* message;
};

void PrintTo(const Case& error, std::ostream* out) { *out << error.source; }

class Error : public ::testing::TestWithParam<Case> {};

TEST_P(Error, NamesTheLineAndTheThing) {
  EXPECT_EQ(render(GetParam().source), std::string("error: ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, Error,
    ::testing::Values(
        Case{"a\nb\n{{ x y }}", "line 3: expected 'end of print statement', got 'y'"},
        Case{"{{ 1 + }}", "line 1: unexpected 'end of print statement'"},
        Case{"\n{% if x %}\n", "line 2: expected 'endif', got 'end of template'"},
        Case{"{% for x in y %}{% endif %}", "line 1: unknown tag 'endif'"},
        Case{"{% frobnicate %}", "line 1: unknown tag 'frobnicate'"},
        Case{"{% include 'x' %}", "line 1: tag 'include' is not supported in chat templates"},
        Case{"{{ (1, 2] }}", "line 1: unexpected ']', expected ')'"},
        Case{"{{ 'abc }}", "line 1: unterminated string"},
        Case{"{{ a ? b }}", "line 1: unexpected character '?'"},
        Case{"{# never closed", "line 1: missing end of comment tag"},
        Case{"{% raw %} x", "line 1: missing end of raw directive"},
        Case{"{% set 1 = 2 %}", "line 1: expected 'name', got 'integer'"},
        Case{"{% set true = 2 %}", "line 1: cannot assign to 'true'"},
        Case{"{% break %}", "line 1: 'break' outside of a loop"},
        Case{"{% for loop in x %}{% endfor %}",
             "line 1: cannot assign to the special variable 'loop'"},
        Case{"{{ f(a=1, 2) }}", "line 1: the arguments of a call are in the wrong order"},
        Case{"{{ 99999999999999999999 }}", "line 1: integer '99999999999999999999' is too large"},
        Case{"\n\n{{ x | foo }}", "line 3: unknown filter 'foo'"},
        Case{"{{ x is bar }}", "line 1: unknown test 'bar'"}));

INSTANTIATE_TEST_SUITE_P(
    Runtime, Error,
    ::testing::Values(Case{"a\n{{ foo() }}", "line 2: unknown function 'foo'"},
                      Case{"{{ x.y }}", "line 1: 'x' is undefined"},
                      Case{"\n{{ {}.a.b }}", "line 2: 'dict' has no attribute 'a'"},
                      Case{"{{ 'a' + 1 }}", "line 1: '+' is not supported between 'str' and 'int'"},
                      Case{"{{ 1 // 0 }}", "line 1: division by zero"},
                      Case{"{{ [1].append(2) }}",
                           "line 1: templates may not use the attribute 'append' of 'list'"},
                      Case{"{{ ''.__class__.x }}",
                           "line 1: templates may not use the attribute '__class__' of 'str'"},
                      Case{"{% set x.y = 1 %}",
                           "line 1: 'x' is no namespace: its attributes cannot be set"},
                      Case{"{{ raise_exception('No.\nNot at all.') }}", "No. Not at all."},
                      Case{"{{ 9223372036854775807 + 1 }}",
                           "line 1: the result of integer arithmetic does not fit 64 bits"}));

// In the branches of an if jinja2 looks names up late, so templates may ask first or never get
// there.
TEST(JinjaErrors, UnknownNamesInBranchesFailOnlyWhenReached) {
  EXPECT_EQ(render("{% if false %}{{ x | foo }}{% endif %}ok"), "ok");
  EXPECT_EQ(render("{{ (x | foo) if false else 'ok' }}"), "ok");
  EXPECT_EQ(render("{% if true %}{{ 1 | foo }}{% endif %}"), "error: line 1: unknown filter 'foo'");
}

TEST(JinjaErrors, RaisedMessagesAreInvalidArguments) {
  const auto result = pieces("{{ raise_exception('x' * 100000) }}");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
  EXPECT_LT(result.error().message.size(), 600U);
}

}  // namespace
}  // namespace pincer::test
