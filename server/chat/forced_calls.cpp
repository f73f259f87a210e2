#include "server/chat/forced_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace pincer {
namespace json = boost::json;

namespace {

constexpr int kMostForcedCalls = 16;  // in one answer: a small model may find no end

bool is_data(std::string_view key) {
  constexpr std::array<std::string_view, 4> kData{"const", "enum", "default", "examples"};
  return std::find(kData.begin(), kData.end(), key) != kData.end();
}

// References are from the root of a document: a schema that becomes part of another one takes its
// own along. `root` is where it goes, such as "#/anyOf/0".
void move_references(json::value& schema, const std::string& root) {
  if (auto* array = schema.if_array()) {
    for (json::value& item : *array) move_references(item, root);
  }
  auto* object = schema.if_object();
  if (object == nullptr) return;
  for (auto& [key, value] : *object) {
    if (key == "$ref" && value.is_string() && value.get_string().starts_with('#')) {
      value = root + std::string(value.get_string().subview(1));
    } else if (!is_data(key)) {
      move_references(value, root);
    }
  }
}

Result<json::value> parse_schema(const std::string& text, const std::string& root,
                                 const std::string& what) {
  boost::system::error_code error;
  json::value schema = json::parse(text, error);
  if (error)
    return Error{ErrorCode::invalid_argument, fmt::format("{} are not a JSON schema.", what)};
  move_references(schema, root);
  return schema;
}

// Of one call; `root` is where it will be.
Result<json::value> call_schema(const Tool& tool, const std::string& root) {
  json::value parameters{
      {"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
  if (!tool.parameters.empty()) {
    auto schema = parse_schema(tool.parameters, root + "/properties/arguments",
                               fmt::format("The parameters of the tool '{}'", tool.name));
    if (!schema) return schema.error();
    parameters = *std::move(schema);
    // Without a type any value would do, but arguments are an object.
    if (json::object* object = parameters.if_object(); object != nullptr && object->empty())
      object->emplace("type", "object");
  }
  return json::value{
      {"type", "object"},
      {"properties", {{"name", {{"const", tool.name}}}, {"arguments", std::move(parameters)}}},
      {"required", {"name", "arguments"}},
      {"additionalProperties", false}};
}

Result<void> add_calls(const ChatRequest& request, const std::string& root, json::array& schemas) {
  const bool named = request.tool_choice.kind == ToolChoice::Kind::named;
  for (const Tool& tool : request.tools) {
    if (named && tool.name != request.tool_choice.name) continue;
    auto schema = call_schema(tool, fmt::format("{}/anyOf/{}", root, schemas.size()));
    if (!schema) return schema.error();
    schemas.push_back(*std::move(schema));
  }
  return {};
}

OutputFormat as_format(const json::object& schema) {
  return {OutputFormat::Kind::json_schema, json::serialize(schema)};
}

}  // namespace

bool writes_array(const ChatRequest& request) {
  return request.tool_choice.kind == ToolChoice::Kind::required && request.parallel_tool_calls;
}

Result<OutputFormat> forced_calls(const ChatRequest& request) {
  const bool several = writes_array(request);
  json::array calls;
  if (auto added = add_calls(request, several ? "#/items" : "#", calls); !added)
    return added.error();
  json::object either{{"anyOf", std::move(calls)}};
  if (!several) return as_format(either);
  return as_format({{"type", "array"},
                    {"items", std::move(either)},
                    {"minItems", 1},
                    {"maxItems", kMostForcedCalls}});
}

Result<OutputFormat> calls_or_format(const ChatRequest& request) {
  const OutputFormat& format = *request.format;
  if (format.kind == OutputFormat::Kind::json_object) return format;  // a call is one, too
  if (format.kind != OutputFormat::Kind::json_schema) {
    return Error{ErrorCode::unsupported,
                 "Beside tools, the form of the answer can be prescribed as JSON only, not as a "
                 "grammar or a regular expression: leave one of them out."};
  }
  auto schema = parse_schema(format.text, "#/anyOf/0", "The members of the answer's format");
  if (!schema) return schema.error();
  json::array either{*std::move(schema)};
  if (auto added = add_calls(request, "#", either); !added) return added.error();
  return as_format({{"anyOf", std::move(either)}});
}

}  // namespace pincer
