#include "server/route/features.h"

#include <algorithm>
#include <limits>
#include <ranges>

#include "server/route/text_size.h"

namespace pincer {
namespace {

constexpr std::size_t kTokensOfMessage = 4;  // that a chat template puts around each
constexpr std::size_t kQuarters = 4;

int clamped(std::size_t n) {
  return static_cast<int>(
      std::min<std::size_t>(n, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

std::size_t quarters(const std::string& text) { return text_size(text).quarter_tokens; }

std::size_t prompt_tokens(const ChatRequest& request) {
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&request.raw_prompt))
    return tokens->size();
  std::size_t sum = 0;
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) sum += quarters(*text);
  for (const Message& message : request.messages) {
    sum += quarters(message.content) + quarters(message.reasoning) + kTokensOfMessage * kQuarters;
    for (const ToolCall& call : message.tool_calls)
      sum += quarters(call.name) + quarters(call.arguments);
  }
  if (request.tool_choice.kind != ToolChoice::Kind::none) {
    for (const Tool& tool : request.tools)
      sum += quarters(tool.name) + quarters(tool.description) + quarters(tool.parameters);
  }
  return sum / kQuarters;
}

std::string last_user_text(const ChatRequest& request) {
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) return *text;
  for (const Message& message : std::views::reverse(request.messages)) {
    if (message.role == "user") return message.content;
  }
  return request.messages.empty() ? std::string() : request.messages.back().content;
}

}  // namespace

RouteFeatures route_features(const ChatRequest& request, int choices,
                             std::chrono::steady_clock::time_point now) {
  using Kind = ToolChoice::Kind;
  RouteFeatures f;
  f.text = last_user_text(request);
  f.characters = clamped(text_size(f.text).code_points);
  f.prompt_tokens = clamped(prompt_tokens(request));
  f.max_tokens = request.max_tokens;
  f.messages = clamped(request.messages.size());
  const Kind choice = request.tool_choice.kind;
  f.tools = !request.tools.empty() && choice != Kind::none;
  f.forced_tools = f.tools && (choice == Kind::required || choice == Kind::named);
  f.schema = request.format.has_value();
  f.logprobs = request.want_logprobs;
  f.continues = request.continue_last;
  f.choices = choices;
  const auto deadline = std::min(request.finish_by, request.start_by);
  if (deadline != std::chrono::steady_clock::time_point::max())
    f.deadline_s = std::max(1e-3, std::chrono::duration<double>(deadline - now).count());
  return f;
}

}  // namespace pincer
