// How an API is spoken to a remote upstream: the one thing in which remote upstreams differ.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/upstream/sse_reader.h"
#include "server/upstream/upstream.h"

namespace pincer {

// Of one stream.
class EventParser {
 public:
  virtual ~EventParser() = default;
  // Adds to `news` what the event says.
  virtual void push(const SseEvent& event, UpstreamNews& news) = 0;
  // The stream has ended: adds the end, or a failure if there was none.
  virtual void finish(UpstreamNews& news) = 0;
  // That an event has told before the end; 0: none has.
  virtual int prompt_tokens() const { return 0; }
};

struct Dialect {
  std::string_view path;  // behind the base address
  std::string (*body)(const ChatRequest& request, const UpstreamConfig& config,
                      const std::string& model);
  std::vector<std::pair<std::string, std::string>> (*headers)(const std::string& key);
  std::unique_ptr<EventParser> (*events)();
  // Of a response that is no success.
  UpstreamFailure (*failure)(int status, std::string_view body);
};

const Dialect& openai_dialect();
const Dialect& anthropic_dialect();

}  // namespace pincer
