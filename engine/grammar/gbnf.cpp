#include "engine/grammar/gbnf.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/grammar/limits.h"
#include "engine/grammar/reader.h"

namespace pincer::grammar {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Recursive descent. The first error ends it: every function returns at once when failed().
class GbnfParser {
 public:
  explicit GbnfParser(std::string_view text) : in_(text) {}

  Result<Grammar> parse() {
    skip_space(/*lines=*/true);
    while (!in_.done() && !failed()) rule();
    if (!failed()) check_rules();
    if (failed()) return *error_;
    grammar_.root = rules_.at("root");
    return std::move(grammar_);
  }

 private:
  bool failed() const { return error_.has_value(); }

  void fail(const std::string& what, ErrorCode code = ErrorCode::invalid_argument) {
    if (failed()) return;
    error_ =
        Error{code, fmt::format("the grammar is wrong at {}: {}", in_.line_and_column(), what)};
  }

  void check_rules() {
    for (std::size_t i = 0; i < grammar_.rules.size(); ++i) {
      if (grammar_.rules[i].body >= 0) continue;
      in_.go_to(first_use_[i]);
      return fail(fmt::format("the rule '{}' is not defined", grammar_.rules[i].name));
    }
    if (!rules_.contains("root")) {
      error_ = Error{ErrorCode::invalid_argument,
                     "the grammar has no rule 'root', which stands for the whole text; add one"};
    }
  }

  // Within a rule a line's end ends it, unless it stands in parentheses or behind ::= or |.
  void skip_space(bool lines) {
    while (true) {
      if (in_.peek() == '#') {
        while (!in_.done() && in_.peek() != '\n' && in_.peek() != '\r') in_.skip();
      } else if (in_.peek() == ' ' || in_.peek() == '\t' ||
                 (lines && (in_.peek() == '\n' || in_.peek() == '\r'))) {
        in_.skip();
      } else {
        return;
      }
    }
  }

  std::string name() {
    const std::size_t begin = in_.at();
    while (is_word(in_.peek())) in_.skip();
    return std::string(in_.from(begin));
  }

  RuleId rule_named(const std::string& name, std::size_t at) {
    const auto [found, is_new] = rules_.emplace(name, static_cast<RuleId>(grammar_.rules.size()));
    if (is_new) {
      grammar_.declare(name);
      first_use_.push_back(at);
    }
    return found->second;
  }

  void rule() {
    const std::size_t begin = in_.at();
    const std::string own = name();
    if (own.empty()) return fail("a rule's name is expected, of letters, digits and '-'");
    skip_space(false);
    if (!in_.take("::=")) return fail(fmt::format("'::=' is expected after '{}'", own));
    skip_space(true);
    const RuleId id = rule_named(own, begin);
    if (grammar_.rules[static_cast<std::size_t>(id)].body >= 0) {
      in_.go_to(begin);
      return fail(fmt::format("the rule '{}' is defined twice", own));
    }
    const ExprId body = alternatives(0);
    if (failed()) return;
    grammar_.define(id, body);
    if (!in_.done() && in_.peek() != '\n' && in_.peek() != '\r') {
      return fail("the rule's end, or more of it, is expected");
    }
    skip_space(true);
  }

  ExprId alternatives(int depth) {
    std::vector<ExprId> branches = {sequence(depth)};
    while (!failed() && in_.take("|")) {
      skip_space(true);
      branches.push_back(sequence(depth));
    }
    return failed() ? -1 : grammar_.choice(branches);
  }

  ExprId sequence(int depth) {
    std::vector<ExprId> parts;
    while (!failed()) {
      const auto part = item(depth);
      if (!part || failed()) break;
      parts.push_back(repeated(*part, depth));
      if (grammar_.full()) {
        fail(fmt::format("the grammar has more than {} rules or {} parts", kMaxRules, kMaxExprs),
             ErrorCode::limit);
      }
    }
    return failed() ? -1 : grammar_.sequence(parts);
  }

  // Nothing at the end of a sequence.
  std::optional<ExprId> item(int depth) {
    const char c = in_.peek();
    ExprId out = -1;
    if (c == '"') {
      out = literal();
    } else if (c == '[') {
      out = char_class();
    } else if (c == '.') {
      in_.skip();
      out = grammar_.chars(CodePointSet::all());
    } else if (c == '(') {
      out = group(depth);
    } else if (is_word(c)) {
      const std::size_t begin = in_.at();
      out = grammar_.call(rule_named(name(), begin));
    } else if (c == '<' || c == '!') {
      fail("tokens in a grammar (<...>) are not supported; write their text in quotes",
           ErrorCode::unsupported);
    } else {
      return std::nullopt;
    }
    skip_space(depth > 0);
    return out;
  }

  ExprId group(int depth) {
    if (depth + 1 > kMaxNesting) {
      fail(fmt::format("parentheses are nested more than {} deep", kMaxNesting), ErrorCode::limit);
      return -1;
    }
    in_.skip();
    skip_space(true);
    const ExprId inside = alternatives(depth + 1);
    if (!failed() && !in_.take(")")) fail("a ')' is missing");
    return inside;
  }

  ExprId repeated(ExprId part, int depth) {
    while (!failed()) {
      if (in_.take("*")) {
        part = grammar_.repeat(part, 0, kUnbounded);
      } else if (in_.take("+")) {
        part = grammar_.repeat(part, 1, kUnbounded);
      } else if (in_.take("?")) {
        part = grammar_.optional(part);
      } else if (in_.take("{")) {
        part = counted(part);
      } else {
        return part;
      }
      skip_space(depth > 0);
    }
    return -1;
  }

  ExprId counted(ExprId part) {
    skip_space(true);
    const auto low = in_.take_number(kMaxRepeats);
    skip_space(true);
    const bool range = in_.take(",");
    skip_space(true);
    const auto high = range ? in_.take_number(kMaxRepeats) : low;
    skip_space(true);
    if (!in_.take("}") || (!low && !high)) {
      fail("a repetition is {m}, {m,}, {,n} or {m,n}");
      return -1;
    }
    const int min = low.value_or(0), max = high.value_or(kUnbounded);
    if (min > kMaxRepeats || max > kMaxRepeats) {
      fail(fmt::format("a count is above {}", kMaxRepeats), ErrorCode::limit);
    } else if (max != kUnbounded && min > max) {
      fail(fmt::format("the counts {} and {} are the wrong way round", min, max));
    }
    return failed() ? -1 : grammar_.repeat(part, min, max);
  }

  ExprId literal() {
    in_.skip();
    std::string text;
    while (!failed() && !in_.take("\"")) {
      if (in_.done() || in_.peek() == '\n') fail("the literal has no closing quote");
      append_code_point(text, character());
    }
    return failed() ? -1 : grammar_.literal(text);
  }

  ExprId char_class() {
    in_.skip();
    const bool negated = in_.take("^");
    std::vector<CodePointRange> ranges;
    while (!failed() && !in_.take("]")) {
      if (in_.done() || in_.peek() == '\n') fail("the character class has no ']'");
      const char32_t first = character();
      char32_t last = first;
      if (in_.peek() == '-' && in_.peek(1) != ']') {
        in_.skip();
        last = character();
      }
      if (last < first) fail("a range is the wrong way round");
      ranges.push_back({first, last});
    }
    if (failed()) return -1;
    const CodePointSet set(std::move(ranges));
    return grammar_.chars(negated ? set.complement() : set);
  }

  char32_t character() {
    if (failed()) return 0;
    std::optional<char32_t> c;
    if (in_.take("\\")) {
      c = escape();
      if (!c || *c > kLastCodePoint || (*c >= 0xD800 && *c <= 0xDFFF)) {
        fail("an escape is \\n \\r \\t \\\\ \\\" \\[ \\] \\xHH \\uHHHH or \\UHHHHHHHH");
      }
    } else {
      c = in_.take_code_point();
      if (!c) fail("this is not UTF-8");
    }
    return c.value_or(0);
  }

  std::optional<char32_t> escape() {
    if (in_.take("x")) return in_.take_hex(2);
    if (in_.take("u")) return in_.take_hex(4);
    if (in_.take("U")) return in_.take_hex(8);
    if (in_.take("n")) return '\n';
    if (in_.take("r")) return '\r';
    if (in_.take("t")) return '\t';
    for (const char c : {'\\', '"', '[', ']', '-', '^'}) {
      if (in_.take(std::string_view(&c, 1))) return static_cast<char32_t>(c);
    }
    return std::nullopt;
  }

  Reader in_;
  Grammar grammar_;
  std::unordered_map<std::string, RuleId> rules_;
  std::vector<std::size_t> first_use_;  // [rules] where
  std::optional<Error> error_;
};

}  // namespace

Result<Grammar> read_gbnf(std::string_view text) { return GbnfParser(text).parse(); }

}  // namespace pincer::grammar
