#include "server/api/openai_embeddings_request.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <limits>
#include <utility>

#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/request_limits.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr auto kEmbeddingFields =
    std::to_array<std::string_view>({"model", "input", "dimensions", "encoding_format", "user"});

void parse_text(JsonFields& fields, const std::string& name, const json::value& value,
                std::vector<EmbeddingInput>& inputs) {
  if (value.get_string().empty()) return fields.wrong_value(name, "it must not be empty");
  inputs.push_back({std::string(value.get_string())});
}

void parse_tokens(JsonFields& fields, const std::string& name, const json::array& array,
                  std::vector<EmbeddingInput>& inputs) {
  std::vector<TokenId> tokens;
  for (const json::value& id : array) {
    if (!id.is_int64() || id.get_int64() < 0 ||
        id.get_int64() > std::numeric_limits<TokenId>::max())
      return fields.wrong_value(name, "token ids are integers from 0 on");
    tokens.push_back(static_cast<TokenId>(id.get_int64()));
  }
  if (tokens.empty()) return fields.wrong_value(name, "it must not be empty");
  inputs.push_back({std::move(tokens)});
}

// A text, an array of texts, of token ids, or of arrays of token ids.
void parse_input(JsonFields& fields, std::vector<EmbeddingInput>& inputs) {
  const json::value* value = fields.find("input");
  if (value == nullptr) return fields.wrong_value("input", "it must be a string or an array");
  if (value->is_string()) return parse_text(fields, "input", *value, inputs);
  if (!value->is_array()) return fields.wrong_type("input", "a string or an array", *value);
  const json::array& array = value->get_array();
  if (array.empty()) return fields.wrong_value("input", "it must not be empty");
  if (array.front().is_number()) return parse_tokens(fields, "input", array, inputs);
  if (array.size() > kMaxInputs)
    return fields.wrong_value("input", fmt::format("at most {} inputs are taken", kMaxInputs));
  for (std::size_t i = 0; i < array.size() && !fields.failed(); ++i) {
    const std::string name = fmt::format("input[{}]", i);
    if (array[i].is_string()) {
      parse_text(fields, name, array[i], inputs);
    } else if (array[i].is_array()) {
      parse_tokens(fields, name, array[i].get_array(), inputs);
    } else {
      fields.wrong_type(name, "a string or an array of token ids", array[i]);
    }
  }
}

}  // namespace

std::variant<OpenAiEmbeddingsRequest, Problem> parse_openai_embeddings(std::string_view body,
                                                                       std::size_t max_depth) {
  auto parsed = parse_json_body(body, max_depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  OpenAiEmbeddingsRequest request;
  std::optional<Problem> problem;
  JsonFields fields(std::get<json::object>(parsed), "", problem);
  fields.allow(kEmbeddingFields);
  if (fields.text("model", request.job.model) && request.job.model.empty())
    fields.wrong_value("model", "it must name the model");
  parse_input(fields, request.job.inputs);
  std::int64_t dimensions = 0;
  fields.integer("dimensions", dimensions, 1, std::numeric_limits<int>::max());
  request.job.dimensions = static_cast<int>(dimensions);
  std::string format = "float", user;
  fields.text("encoding_format", format);
  if (format != "float" && format != "base64")
    fields.wrong_value("encoding_format", "it must be 'float' or 'base64'");
  request.base64 = format == "base64";
  fields.text("user", user);
  if (problem) return *std::move(problem);
  for (EmbeddingInput& input : request.job.inputs) input.client = user;
  return request;
}

}  // namespace pincer
