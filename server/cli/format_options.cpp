#include "server/cli/format_options.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace pincer {
namespace {

Result<std::string> read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) {
    return Error{ErrorCode::io, fmt::format("'{}' cannot be read; name a file, or write the text "
                                            "itself in quotes",
                                            name)};
  }
  return text;
}

// A schema is an object, true or false; all else is the name of a file.
bool is_schema_text(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (text[first] == '{' || text == "true" || text == "false");
}

Result<std::optional<OutputFormat>> format_of(OutputFormat::Kind kind, Result<std::string> text) {
  if (!text) return text.error();
  return std::optional<OutputFormat>({kind, std::move(*text)});
}

}  // namespace

void add_format_options(CLI::App& command, FormatFlags& flags) {
  auto* schema = command.add_option(
      "-j,--json-schema", flags.json_schema,
      "the answer is JSON that this schema allows: a file, or the schema itself ('{}': any JSON)");
  auto* grammar = command.add_option("--grammar", flags.grammar,
                                     "the answer matches this grammar, in llama.cpp's GBNF");
  auto* file = command.add_option("--grammar-file", flags.grammar_file, "the same from a file");
  auto* regex = command.add_option("--regex", flags.regex,
                                   "the whole answer matches this regular expression");
  schema->excludes(grammar)->excludes(file)->excludes(regex);
  grammar->excludes(file)->excludes(regex);
  file->excludes(regex);
}

Result<std::optional<OutputFormat>> output_format(const FormatFlags& flags) {
  using Kind = OutputFormat::Kind;
  if (!flags.json_schema.empty()) {
    return format_of(Kind::json_schema, is_schema_text(flags.json_schema)
                                            ? Result<std::string>(flags.json_schema)
                                            : read_file(flags.json_schema));
  }
  if (!flags.grammar.empty()) return format_of(Kind::gbnf, flags.grammar);
  if (!flags.grammar_file.empty()) return format_of(Kind::gbnf, read_file(flags.grammar_file));
  if (!flags.regex.empty()) return format_of(Kind::regex, flags.regex);
  return std::optional<OutputFormat>();
}

}  // namespace pincer
