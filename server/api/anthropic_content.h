// The contents of messages in Anthropic's API: strings, or blocks.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

// A string or an array of text blocks, which are joined by line breaks; empty when absent. `prefix`
// is that of `fields`.
std::string parse_anthropic_text(JsonFields& fields, std::string_view key,
                                 const std::string& prefix, std::optional<Problem>& problem);

// Appends a message of a user or an assistant: results of tools become messages of their own, and
// neighbours of one role are joined.
void parse_anthropic_message(const boost::json::object& object, const std::string& prefix,
                             std::optional<Problem>& problem, std::vector<Message>& messages);

}  // namespace pincer
