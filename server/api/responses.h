// /v1/responses: made over any transport, going on from earlier ones, kept for later ones.
#pragma once

#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/api/responses_object.h"

namespace pincer {

// Where the events of a response go: an event stream, a WebSocket.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // False: nobody listens any more.
  virtual asio::awaitable<bool> send(ResponseEvents events) = 0;
  // The last events: completed, incomplete or failed; then `problem` says why.
  virtual asio::awaitable<void> end(ResponseEvents events, boost::json::object response,
                                    std::optional<Problem> problem) = 0;
};

// Makes a response, sends its events, and keeps it if that is asked for. A problem means that it
// did not begin, and that nothing was sent.
asio::awaitable<std::optional<Problem>> make_response(const Api& api, Caller& caller,
                                                      ResponsesRequest request, ResponseSink& sink);

asio::awaitable<void> create_response(const Api& api, Exchange& exchange);  // POST /v1/responses
asio::awaitable<void> count_response_input(const Api& api,
                                           Exchange& exchange);  // POST …/input_tokens

}  // namespace pincer
