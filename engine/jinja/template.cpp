// The interpreter's public face: Failure becomes Result here.
#include <optional>
#include <utility>

#include "engine/jinja/lexer.h"
#include "engine/jinja/parser.h"
#include "engine/jinja/renderer.h"
#include "pincer/engine/jinja.h"

namespace pincer::jinja {
namespace {

// The largest templates of real models have some 50 kB. Bounds the memory of the tree.
constexpr std::size_t kLargestSource = 1 << 20;

// Messages are one line, whatever a template raises.
std::string one_line(std::string_view text) {
  constexpr std::size_t kLongest = 500;
  std::string line(text.substr(0, kLongest));
  if (text.size() > kLongest) line += "...";
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
  }
  return line;
}

Error to_error(const Failure& failure, int line) {
  if (failure.located) return {failure.code, one_line(failure.message)};
  return {failure.code, one_line("line " + std::to_string(line) + ": " + failure.message)};
}

}  // namespace

Value Value::text(std::string s, bool trusted) {
  Value value;
  value.data_ = TextPiece{std::move(s), trusted};
  return value;
}

struct Template::Program {
  Syntax syntax;
};

Result<Template> Template::parse(std::string_view source, const Limits& limits) {
  if (source.size() > kLargestSource) {
    return Error{ErrorCode::limit, "the template has " + std::to_string(source.size()) +
                                       " bytes, the most is " + std::to_string(kLargestSource)};
  }
  const std::string normalized = normalize_newlines(source);
  Budget budget(limits);
  auto program = std::make_shared<Program>();
  SymbolTable symbols;
  Lexer lexer(normalized, budget);
  std::optional<Parser> parser;
  try {
    parser.emplace(lexer.run(), budget, symbols);
    program->syntax.body = parser->parse_template();
    program->syntax.symbols = symbols.names();
  } catch (const Failure& failure) {
    return to_error(failure, parser ? parser->line() : lexer.line());
  }
  Template result;
  result.program_ = std::move(program);
  return result;
}

Result<std::vector<TextPiece>> Template::render(const Object& context, const Limits& limits) const {
  if (!program_) return std::vector<TextPiece>{};  // never parsed: an empty template
  Renderer renderer(program_->syntax, limits);
  try {
    return renderer.render(context).pieces();
  } catch (const Failure& failure) {
    return to_error(failure, renderer.line());
  }
}

}  // namespace pincer::jinja
