// The body of POST /v1/responses: https://platform.openai.com/docs/api-reference/responses/create
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pincer/server/chat_request.h"
#include "server/http/problem.h"

namespace pincer {

struct ResponsesRequest {
  ChatRequest chat;  // its messages are those of the input only
  std::string instructions;
  std::optional<std::string> previous_response_id;
  bool stream = false;
  bool store = true;
  boost::json::array input_items;
  boost::json::object echo;  // members of the response object that repeat the request
};

// As parse_openai_chat().
std::variant<ResponsesRequest, Problem> parse_responses_request(std::string_view body,
                                                                const SamplingParams& defaults,
                                                                std::size_t max_depth);
// The same for transports that read JSON themselves.
std::variant<ResponsesRequest, Problem> read_responses_request(const boost::json::object& body,
                                                               const SamplingParams& defaults);

// Instructions, what came before, and the input, one after another. The problem is a tool history
// that does not fit together.
std::optional<Problem> join_history(ResponsesRequest& request, std::vector<Message> history);

}  // namespace pincer
