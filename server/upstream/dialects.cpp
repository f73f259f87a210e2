#include "server/upstream/anthropic_events.h"
#include "server/upstream/anthropic_request.h"
#include "server/upstream/dialect.h"
#include "server/upstream/openai_events.h"
#include "server/upstream/openai_request.h"
#include "server/upstream/remote_failure.h"

namespace pincer {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers openai_headers(const std::string& key) {
  if (key.empty()) return {};
  return {{"Authorization", "Bearer " + key}};
}

std::unique_ptr<EventParser> openai_events() { return std::make_unique<OpenAiEvents>(); }

Headers anthropic_headers(const std::string& key) {
  Headers headers{{"anthropic-version", "2023-06-01"}};
  if (!key.empty()) headers.emplace_back("x-api-key", key);
  return headers;
}

std::unique_ptr<EventParser> anthropic_events() { return std::make_unique<AnthropicEvents>(); }

}  // namespace

const Dialect& openai_dialect() {
  static constexpr Dialect kDialect{"/chat/completions", openai_request, openai_headers,
                                    openai_events, remote_failure};
  return kDialect;
}

const Dialect& anthropic_dialect() {
  static constexpr Dialect kDialect{"/messages", anthropic_request, anthropic_headers,
                                    anthropic_events, remote_failure};
  return kDialect;
}

}  // namespace pincer
