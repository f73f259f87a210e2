// The "input" of a Responses request.
#pragma once

#include <boost/json/array.hpp>
#include <optional>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

struct ResponsesInput {
  std::vector<Message> messages;
  boost::json::array items;  // as given, with ids, for GET …/input_items
};

// A string, or an array of items: messages, function_call, function_call_output, reasoning.
// Neighbouring items of the assistant are one message. Other items are refused by name.
ResponsesInput parse_responses_input(JsonFields& fields, std::optional<Problem>& problem);

}  // namespace pincer
