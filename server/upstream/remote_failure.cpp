#include "server/upstream/remote_failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <charconv>
#include <ctime>
#include <string>

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostMessage = 500;

struct Words {
  std::string message, code;  // code: "code" and "type", lower case
  int status = 0;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

Words read_words(std::string_view body) {
  Words words;
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* inner = object != nullptr ? object->if_contains("error") : nullptr;
  if (inner != nullptr && inner->is_string()) words.message = inner->get_string();
  if (inner != nullptr && inner->is_object()) object = inner->if_object();
  if (object == nullptr) return words;
  for (const auto& [key, member] : *object) {
    if (key == "message" && member.is_string()) words.message = member.get_string();
    if ((key == "code" || key == "type") && member.is_string())
      words.code += lower(member.get_string()) + " ";
    if (key == "code" && member.is_number()) {
      boost::system::error_code bad;
      words.status = member.to_number<int>(bad);
    }
  }
  return words;
}

bool has(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(
      words, [text](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// What the words say, whatever the status: gateways change that.
std::optional<FailureClass> kind_of_words(const Words& words) {
  const std::string message = lower(words.message);
  if (has(words.code, {"insufficient_quota", "billing"}) ||
      has(message, {"credit balance", "insufficient balance", "exceeded your current quota"}))
    return FailureClass::billing;
  if (has(words.code, {"context_length_exceeded"}) ||
      has(message, {"maximum context length", "context window", "prompt is too long"}))
    return FailureClass::context_overflow;
  if (has(words.code, {"content_policy", "content_filter", "responsibleaipolicy"}))
    return FailureClass::content_policy;
  if (has(words.code, {"rate_limit"})) return FailureClass::rate;
  if (has(words.code, {"overloaded"})) return FailureClass::server;
  if (has(words.code, {"authentication", "invalid_api_key", "permission"}))
    return FailureClass::auth;
  return std::nullopt;
}

FailureClass kind_of_status(int status) {
  if (status == 429) return FailureClass::rate;
  if (status == 402) return FailureClass::billing;
  if (status == 401 || status == 403 || status == 404) return FailureClass::auth;
  if (status == 408 || status >= 500 || status < 400) return FailureClass::server;
  return FailureClass::refused;
}

UpstreamFailure make(FailureClass kind, int status, std::string message) {
  if (message.size() > kMostMessage) message.resize(kMostMessage);
  return {.kind = kind, .status = status, .message = std::move(message)};
}

}  // namespace

UpstreamFailure remote_failure(int status, std::string_view body) {
  const Words words = read_words(body);
  const FailureClass kind = kind_of_words(words).value_or(kind_of_status(status));
  std::string message =
      words.message.empty() ? fmt::format("it answered with status {}", status) : words.message;
  return make(kind, status, std::move(message));
}

UpstreamFailure failure_in_stream(std::string_view body) {
  const Words words = read_words(body);
  FailureClass kind = FailureClass::server;
  if (words.status >= 400) kind = kind_of_status(words.status);
  // Such as a grammar that proves too ambiguous: the request's fault, whoever follows it.
  if (has(words.code, {"invalid_request"})) kind = FailureClass::refused;
  return make(kind_of_words(words).value_or(kind), words.status,
              words.message.empty() ? "it ended the stream with an error" : words.message);
}

std::chrono::milliseconds parse_retry_after(std::string_view value) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size() && seconds >= 0)
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(seconds, 1e6) * 1000));
  std::tm date{};
  if (strptime(std::string(value).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr)
    return std::chrono::milliseconds(0);
  const std::time_t wait = timegm(&date) - std::time(nullptr);
  return std::chrono::seconds(std::clamp<std::time_t>(wait, 0, 1'000'000));
}

}  // namespace pincer
