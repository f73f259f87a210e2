#include "engine/grammar/front_ends.h"

#include <fmt/format.h>

#include <utility>

#include "engine/grammar/gbnf.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/regex.h"
#include "engine/grammar/schema.h"

namespace pincer::grammar {
namespace {

Result<Grammar> read_whole_regex(std::string_view text) {
  Grammar grammar;
  auto body = read_regex(grammar, text, RegexUse::whole_text);
  if (!body) return body.error();
  grammar.root = grammar.declare("the regular expression");
  grammar.define(grammar.root, *body);
  return grammar;
}

}  // namespace

Result<Grammar> read_format(const OutputFormat& format) {
  if (format.text.size() > kMaxSourceBytes) {
    return Error{ErrorCode::limit,
                 fmt::format("the schema, grammar or expression has {} bytes; at most {} are read",
                             format.text.size(), kMaxSourceBytes)};
  }
  switch (format.kind) {
    case OutputFormat::Kind::json_object:
      return json_object();
    case OutputFormat::Kind::json_schema:
      return read_schema(format.text);
    case OutputFormat::Kind::gbnf:
      return read_gbnf(format.text);
    case OutputFormat::Kind::regex:
      return read_whole_regex(format.text);
  }
  return Error{ErrorCode::unsupported, "there is no such output format"};
}

}  // namespace pincer::grammar
