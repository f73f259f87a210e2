// What a client says on the WebSocket of /v1/responses:
// https://developers.openai.com/api/docs/guides/websocket-mode
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "server/http/problem.h"

namespace pincer {

// {"type":"response.create", …}: the rest is the body of POST /v1/responses, beside the message or
// under "response".
struct CreateResponse {
  boost::json::object body;
  std::string stream_id;  // said back in each event of the response; empty: none
};

// {"type":"response.cancel"}, an extension: ends the response that is being made, and with an id
// that one only.
struct CancelResponse {
  std::string response_id;
};

// Problems: 400.
using SocketMessage = std::variant<CreateResponse, CancelResponse, Problem>;
SocketMessage parse_socket_message(std::string_view text, std::size_t max_depth);

// {"type":"error","status":400,"error":{…}}, with the stream's id where there is one.
std::string socket_error(const Problem& problem, std::string_view stream_id);

// `event`, a JSON object, with "stream_id" added where there is one.
std::string with_stream_id(std::string event, std::string_view stream_id);

}  // namespace pincer
