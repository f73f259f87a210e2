// One place where answers come from, behind one interface: the engine of this process or a server
// somewhere. It makes one attempt; what happens after a failure is the router's business.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pincer/engine/generation.h"
#include "pincer/server/chat_request.h"
#include "server/chat/answer_part.h"
#include "server/http/types.h"
#include "server/route/route_config.h"
#include "server/upstream/failure.h"
#include "server/upstream/upstream_usage.h"

namespace pincer {

struct UpstreamEnd {
  enum class Reason { stop, stop_string, tool_calls, length };
  Reason reason = Reason::stop;
  std::string stop_string;
  UpstreamUsage usage;
  std::optional<Finish> finish;  // an engine's
};

// What came, in order. Nothing follows an end or a failure.
struct UpstreamNews {
  std::vector<AnswerPart> parts;
  int tokens = 0;  // that the parts came from, as far as is known; else 1 for each piece
  std::vector<GeneratedToken> generated;  // an engine's, where logprobs are wanted
  std::optional<UpstreamEnd> end;
  std::optional<UpstreamFailure> failure;
};

// One generation in progress. Belongs to the executor that it was started on.
class UpstreamStream {
 public:
  virtual ~UpstreamStream() = default;  // ends it: the connection is closed, or the place freed

  // The next content, the end or the failure, under the upstream's timeouts. One call at a time.
  virtual asio::awaitable<UpstreamNews> next() = 0;
  // As far as it is known before the end; 0: it is not.
  virtual int prompt_tokens() const { return 0; }
  // From the executor: next() returns soon, with a failure `cancelled`.
  virtual void cancel() = 0;
};

using StartedStream = std::variant<std::unique_ptr<UpstreamStream>, UpstreamFailure>;

// What the one who starts a stream and the upstream tell each other meanwhile.
struct StartWatch {
  // Called with the body, as it leaves this machine, before it does; null: nobody asks.
  std::function<void(std::string_view body)> leaving;
  // Set by the upstream while it waits for the other side: start() returns soon once it is called.
  std::function<void()> cancel;
};

// Thread-safe.
class Upstream {
 public:
  virtual ~Upstream() = default;

  virtual const UpstreamConfig& config() const = 0;

  // Sends the request, `model` being the name that the client used, and returns once it is
  // accepted (the head of a good response is there), or failed. With `request.continue_last`
  // the last message is an assistant's, and what comes goes on where it ends.
  virtual asio::awaitable<StartedStream> start(ChatRequest request,
                                               std::shared_ptr<StartWatch> watch) = 0;
};

}  // namespace pincer
