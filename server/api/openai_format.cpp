#include "server/api/openai_format.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

using FormatKind = OutputFormat::Kind;
using Keys = std::initializer_list<std::string_view>;

constexpr std::array<std::string_view, 4> kSchemaKeys{"name", "description", "strict", "schema"};

// {"name":…,"schema":…,"strict":…}; the name is asked for, as OpenAI does, and of no use here. The
// schema always holds, as if strict.
std::optional<OutputFormat> parse_schema(JsonFields& fields) {
  std::string name, description;
  bool strict = false;
  if (!fields.text("name", name)) fields.wrong_value("name", "it must be given");
  fields.text("description", description);
  fields.boolean("strict", strict);
  const json::object* schema = fields.object("schema");
  if (schema == nullptr) {
    fields.wrong_value("schema", "it must be given");
    return std::nullopt;
  }
  return OutputFormat{FormatKind::json_schema, json::serialize(*schema)};
}

std::string parse_type(JsonFields& fields) {
  std::string type;
  if (!fields.text("type", type)) fields.wrong_value("type", "it must be given");
  if (type != "text" && type != "json_object" && type != "json_schema") {
    fields.unsupported(
        "type", fmt::format("'{}' is not known, only text, json_object and json_schema", type));
  }
  return type;
}

std::optional<OutputFormat> parse_choice(JsonFields& fields) {
  const json::value* choice = fields.find("choice");
  if (choice == nullptr) return std::nullopt;
  if (!choice->is_array() || choice->get_array().empty()) {
    fields.wrong_value("choice", "it must be an array of strings");
    return std::nullopt;
  }
  std::string grammar = "root ::= ";
  for (const json::value& text : choice->get_array()) {
    if (!text.is_string()) {
      fields.wrong_type("choice", "an array of strings", text);
      return std::nullopt;
    }
    if (&text != &choice->get_array().front()) grammar += " | ";
    grammar += json::serialize(text);
  }
  return OutputFormat{FormatKind::gbnf, std::move(grammar)};
}

// A schema may stand beside the type, as llama.cpp's server and others have it.
std::optional<OutputFormat> parse_object(JsonFields& fields) {
  fields.allow(Keys{"type", "schema"});
  if (fields.find("schema") == nullptr) return OutputFormat{FormatKind::json_object, {}};
  const json::object* schema = fields.object("schema");
  if (schema == nullptr) return std::nullopt;
  return OutputFormat{FormatKind::json_schema, json::serialize(*schema)};
}

}  // namespace

std::optional<OutputFormat> parse_response_format(const json::object& format,
                                                  const std::string& prefix,
                                                  std::optional<Problem>& problem) {
  JsonFields fields(format, prefix, problem);
  const std::string type = parse_type(fields);
  if (type == "json_object") return parse_object(fields);
  if (type != "json_schema") {
    fields.allow(Keys{"type"});
    return std::nullopt;
  }
  fields.allow(Keys{"type", "json_schema"});
  const json::object* schema = fields.object("json_schema");
  if (schema == nullptr) {
    fields.wrong_value("json_schema", "it must be given");
    return std::nullopt;
  }
  JsonFields inner(*schema, prefix + "json_schema.", problem);
  inner.allow(kSchemaKeys);
  return parse_schema(inner);
}

std::optional<OutputFormat> parse_text_format(const json::object& format, const std::string& prefix,
                                              std::optional<Problem>& problem) {
  JsonFields fields(format, prefix, problem);
  const std::string type = parse_type(fields);
  if (type == "json_schema") {
    fields.allow(Keys{"type", "name", "description", "strict", "schema"});
    return parse_schema(fields);
  }
  fields.allow(Keys{"type"});
  if (type == "json_object") return OutputFormat{FormatKind::json_object, {}};
  return std::nullopt;
}

std::optional<OutputFormat> parse_format_extensions(JsonFields& fields,
                                                    std::optional<Problem>& problem) {
  std::string text;
  if (fields.text("grammar", text)) return OutputFormat{FormatKind::gbnf, std::move(text)};
  const json::object* outputs = fields.object("structured_outputs");
  if (outputs == nullptr) return std::nullopt;
  JsonFields inner(*outputs, "structured_outputs.", problem);
  if (outputs->size() != 1) {
    fields.wrong_value("structured_outputs", "it has exactly one of json, regex, choice, grammar");
    return std::nullopt;
  }
  if (inner.text("grammar", text)) return OutputFormat{FormatKind::gbnf, std::move(text)};
  if (inner.text("regex", text)) return OutputFormat{FormatKind::regex, std::move(text)};
  if (const json::object* schema = inner.object("json"))
    return OutputFormat{FormatKind::json_schema, json::serialize(*schema)};
  if (auto choice = parse_choice(inner)) return choice;
  inner.unsupported(std::string_view(outputs->begin()->key()),
                    "it is none of json, regex, choice, grammar");
  return std::nullopt;
}

}  // namespace pincer
