#include "engine/grammar/regex.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/grammar/character_classes.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/reader.h"

namespace pincer::grammar {
namespace {

CodePointSet must_escape() { return CodePointSet({{0, 0x1F}, {'"', '"'}, {'\\', '\\'}}); }

// Recursive descent. The first error ends it: every function returns at once when failed().
class RegexParser {
 public:
  RegexParser(Grammar& grammar, std::string_view text, RegexUse use)
      : grammar_(grammar), in_(text), use_(use) {}

  Result<ExprId> parse() {
    const ExprId expr = alternatives(0);
    if (!failed() && !in_.done()) fail("there is no '(' for this ')'");
    if (failed()) return *error_;
    return expr;
  }

 private:
  bool failed() const { return error_.has_value(); }

  void fail(const std::string& what, ErrorCode code = ErrorCode::invalid_argument) {
    if (failed()) return;
    error_ = Error{code, fmt::format("the regular expression is wrong at character {}: {}",
                                     in_.at() + 1, what)};
  }
  void unsupported(const std::string& what) {
    fail(what + " is not supported in a regular expression that guides a generation",
         ErrorCode::unsupported);
  }

  ExprId characters(const CodePointSet& set) {
    return use_ == RegexUse::json_string ? json_characters(grammar_, set) : grammar_.chars(set);
  }

  // `pattern` is searched for: what stands around it is free where no anchor says otherwise.
  ExprId anything() {
    if (use_ == RegexUse::whole_text) return grammar_.empty();
    if (anything_ < 0) {
      anything_ = grammar_.repeat(characters(CodePointSet::all()), 0, kUnbounded);
    }
    return anything_;
  }

  ExprId alternatives(int depth) {
    std::vector<ExprId> branches;
    do {
      branches.push_back(branch(depth));
      if (failed()) return -1;
    } while (in_.take("|"));
    return grammar_.choice(branches);
  }

  ExprId branch(int depth) {
    const bool outermost = depth == 0;
    std::vector<ExprId> parts;
    const bool from_start = outermost && in_.take("^");
    bool to_end = false;
    while (!in_.done() && in_.peek() != '|' && in_.peek() != ')' && !failed()) {
      if (outermost && in_.peek() == '$' && (in_.peek(1) == '|' || in_.peek(1) == '\0')) {
        in_.skip();
        to_end = true;
        break;
      }
      parts.push_back(quantified(depth));
      if (grammar_.full()) fail("it is too large", ErrorCode::limit);
    }
    if (failed()) return -1;
    if (!outermost || use_ == RegexUse::whole_text) return grammar_.sequence(parts);
    const ExprId body = grammar_.sequence(parts);
    return grammar_.sequence(
        {from_start ? grammar_.empty() : anything(), body, to_end ? grammar_.empty() : anything()});
  }

  ExprId quantified(int depth) {
    const ExprId part = atom(depth);
    if (failed()) return -1;
    int min = 1, max = 1;
    if (!quantifier(min, max) || failed()) return part;
    if (in_.peek() == '+') unsupported("a possessive quantifier");
    in_.take("?");  // lazy: the same texts
    int other_min = 1, other_max = 1;
    if (quantifier(other_min, other_max)) fail("a quantifier follows a quantifier");
    return grammar_.repeat(part, min, max);
  }

  bool quantifier(int& min, int& max) {
    const std::size_t begin = in_.at();
    if (in_.take("*")) {
      min = 0, max = kUnbounded;
    } else if (in_.take("+")) {
      min = 1, max = kUnbounded;
    } else if (in_.take("?")) {
      min = 0, max = 1;
    } else if (in_.take("{")) {
      const auto low = in_.take_number(kMaxRepeats);
      const bool range = in_.take(",");
      const auto high = range ? in_.take_number(kMaxRepeats) : low;
      if (!in_.take("}") || (!low && !high)) {
        in_.go_to(begin);  // a brace like any other character
        return false;
      }
      min = low.value_or(0);
      max = high.value_or(kUnbounded);
      if (min > kMaxRepeats || max > kMaxRepeats) {
        fail(fmt::format("a count is above {}", kMaxRepeats), ErrorCode::limit);
      } else if (max != kUnbounded && min > max) {
        fail(fmt::format("the counts {} and {} are the wrong way round", min, max));
      }
    } else {
      return false;
    }
    return true;
  }

  ExprId atom(int depth) {
    switch (in_.peek()) {
      case '(':
        return group(depth);
      case '[':
        return char_class();
      case '.':
        in_.skip();
        return characters(dot());
      case '*':
      case '+':
      case '?':
        fail("there is nothing before this quantifier to be repeated");
        return -1;
      case '^':
      case '$':
        unsupported("an anchor that is not at the start or end of the whole expression");
        return -1;
      case '\\':
        return characters(escape(/*in_class=*/false));
      default:
        break;
    }
    const auto c = in_.take_code_point();
    if (!c) {
      fail("this is not UTF-8");
      return -1;
    }
    return characters(CodePointSet::one(*c));
  }

  ExprId group(int depth) {
    if (depth + 1 > kMaxNesting) {
      fail(fmt::format("groups are nested more than {} deep", kMaxNesting), ErrorCode::limit);
      return -1;
    }
    in_.skip();
    if (in_.take("?")) group_kind();
    if (failed()) return -1;
    const ExprId inside = alternatives(depth + 1);
    if (!failed() && !in_.take(")")) fail("a ')' is missing");
    return inside;
  }

  void group_kind() {
    if (in_.take(":")) return;
    if (in_.sees("=") || in_.sees("!") || in_.sees("<=") || in_.sees("<!")) {
      return unsupported("look-around");
    }
    if (in_.sees("P=")) return unsupported("a back reference");
    if (!in_.take("P<") && !in_.take("<")) return unsupported("this kind of group, or a flag,");
    while (!in_.done() && in_.peek() != '>') in_.skip();  // the name means nothing here
    if (!in_.take(">")) fail("the group's name has no '>'");
  }

  ExprId char_class() {
    in_.skip();
    const bool negated = in_.take("^");
    std::vector<CodePointRange> ranges;
    if (in_.peek() == ']') fail("the character class is empty; write \\] for a bracket");
    while (!failed() && !in_.take("]")) {
      if (in_.done()) fail("the character class has no ']'");
      if (in_.sees("[:")) unsupported("a POSIX character class");
      const CodePointSet first = class_member();
      if (failed()) break;
      const bool one = is_one(first);
      if (one && in_.peek() == '-' && in_.peek(1) != ']' && in_.peek(1) != '\0') {
        in_.skip();
        const CodePointSet last = class_member();
        if (failed()) break;
        const char32_t begin = first.ranges()[0].first;
        if (!is_one(last)) {
          fail("a range ends in a class");
        } else if (last.ranges()[0].first < begin) {
          fail("a range is the wrong way round");
        } else {
          ranges.push_back({begin, last.ranges()[0].first});
        }
      } else {
        ranges.insert(ranges.end(), first.ranges().begin(), first.ranges().end());
      }
      if (ranges.size() > kMaxRanges) fail("the character class is too large", ErrorCode::limit);
    }
    if (failed()) return -1;
    const CodePointSet set(std::move(ranges));
    return characters(negated ? set.complement() : set);
  }

  static bool is_one(const CodePointSet& set) {
    return set.ranges().size() == 1 && set.ranges()[0].first == set.ranges()[0].last;
  }

  CodePointSet class_member() {
    if (in_.peek() == '\\') return escape(/*in_class=*/true);
    const auto c = in_.take_code_point();
    if (!c) fail("this is not UTF-8, or a ']' is missing");
    return CodePointSet::one(c.value_or(0));
  }

  CodePointSet escape(bool in_class) {
    in_.skip();
    const char c = in_.peek();
    if (auto set = class_escape(c)) {
      in_.skip();
      return *set;
    }
    if (c == 'p' || c == 'P') return category();
    static constexpr std::string_view kLetters = "nrtfv0";
    static constexpr std::string_view kValues = "\n\r\t\f\v";
    const std::size_t letter = kLetters.find(c);
    if (c != '\0' && letter != std::string_view::npos) {
      in_.skip();
      const bool zero = letter == kValues.size();
      return CodePointSet::one(zero ? 0 : static_cast<char32_t>(kValues[letter]));
    }
    if (c == 'b' && in_class) {
      in_.skip();
      return CodePointSet::one('\b');
    }
    if (c == 'x' || c == 'u') return hex_escape();
    if ((c >= '1' && c <= '9') || c == 'k') {
      unsupported("a back reference");
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      unsupported(fmt::format("\\{}", c));
    } else if (const auto other = in_.take_code_point()) {
      return CodePointSet::one(*other);
    } else {
      fail("a backslash has nothing behind it");
    }
    return {};
  }

  CodePointSet hex_escape() {
    const bool is_x = in_.peek() == 'x';
    in_.skip();
    std::optional<char32_t> value;
    if (!is_x && in_.take("{")) {
      for (std::size_t digits = 6; digits > 0 && !value; --digits) value = in_.take_hex(digits);
      if (!in_.take("}")) value.reset();
    } else {
      value = in_.take_hex(is_x ? 2 : 4);
    }
    if (!value || *value > kLastCodePoint) fail("hexadecimal digits of a character are missing");
    if (value && *value >= 0xD800 && *value <= 0xDFFF) unsupported("half of a surrogate pair");
    return CodePointSet::one(value.value_or(0));
  }

  CodePointSet category() {
    const bool negated = in_.peek() == 'P';
    in_.skip();
    if (!in_.take("{")) {
      fail("\\p needs a category in braces, as \\p{L}");
      return {};
    }
    const std::size_t begin = in_.at();
    while (!in_.done() && in_.peek() != '}') in_.skip();
    const std::string name(in_.from(begin));
    const auto set = general_category(name);
    if (!set) unsupported(fmt::format("\\p{{{}}}", name));
    if (!in_.take("}")) fail("\\p{ has no '}'");
    if (failed()) return {};
    return negated ? set->complement() : *set;
  }

  Grammar& grammar_;
  Reader in_;
  RegexUse use_;
  ExprId anything_ = -1;
  std::optional<Error> error_;
};

}  // namespace

ExprId json_characters(Grammar& grammar, const CodePointSet& set) {
  const CodePointSet escaped = set.intersected(must_escape());
  const CodePointSet plain = set.without(must_escape());
  std::vector<ExprId> forms;
  if (!plain.empty()) forms.push_back(grammar.chars(plain));
  static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  for (const CodePointRange& range : escaped.ranges()) {
    for (char32_t c = range.first; c <= range.last; ++c) {
      const std::size_t named = kNamed.find(static_cast<char>(c));
      forms.push_back(grammar.literal(named == std::string_view::npos
                                          ? fmt::format("\\u{:04x}", static_cast<unsigned>(c))
                                          : std::string{'\\', kLetters[named]}));
    }
  }
  return grammar.choice(forms);
}

Result<ExprId> read_regex(Grammar& grammar, std::string_view text, RegexUse use) {
  return RegexParser(grammar, text, use).parse();
}

}  // namespace pincer::grammar
