// Messages and tools of Ollama's requests.
#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "pincer/server/chat_request.h"
#include "server/http/problem.h"

namespace pincer {

// "messages". Calls have no ids there, so they are numbered, and results belong to them in turn.
void parse_ollama_messages(const boost::json::object& body, ChatRequest& chat,
                           std::optional<Problem>& problem);
void parse_ollama_tools(const boost::json::object& body, ChatRequest& chat,
                        std::optional<Problem>& problem);

}  // namespace pincer
