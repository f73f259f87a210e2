// The form that a request prescribes for the answer's text.
#pragma once

#include <optional>

#include "pincer/engine/output_format.h"
#include "server/api/json_fields.h"

namespace pincer {

// "response_format" of chat completions: {"type":"text"|"json_object"|"json_schema",…} with the
// schema in a member "json_schema". `format` is that object and `prefix` its name with a dot.
std::optional<OutputFormat> parse_response_format(const boost::json::object& format,
                                                  const std::string& prefix,
                                                  std::optional<Problem>& problem);

// "text.format" of Responses: the same, with the schema's members beside the type.
std::optional<OutputFormat> parse_text_format(const boost::json::object& format,
                                              const std::string& prefix,
                                              std::optional<Problem>& problem);

// Extensions: "grammar" (GBNF, as llama-server has it) and "structured_outputs" with one of json,
// regex, choice and grammar (vLLM).
std::optional<OutputFormat> parse_format_extensions(JsonFields& fields,
                                                    std::optional<Problem>& problem);

}  // namespace pincer
