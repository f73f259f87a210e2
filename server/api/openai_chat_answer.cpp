#include "server/api/openai_chat_answer.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>

#include "server/api/logprobs_json.h"
#include "server/api/openai_error.h"
#include "server/http/sse.h"

namespace pincer {
namespace json = boost::json;

namespace {

json::object message_json(const AnswerMessage& answer) {
  json::object message{{"role", "assistant"}, {"content", answer.text}, {"refusal", nullptr}};
  if (!answer.reasoning.empty()) message["reasoning_content"] = answer.reasoning;
  if (answer.calls.empty()) return message;
  if (answer.text.empty()) message["content"] = nullptr;
  json::array calls;
  for (const ToolCall& call : answer.calls) {
    calls.push_back({{"id", call.id},
                     {"type", "function"},
                     {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  message["tool_calls"] = std::move(calls);
  return message;
}

// One chunk's part of the message; `calls` counts those that have begun.
json::object delta_json(const std::vector<AnswerPart>& parts, int& calls) {
  json::object delta;
  json::array entries;
  const auto append = [&delta](std::string_view key, std::string_view text) {
    json::value& value = delta[key];
    if (value.is_null()) value.emplace_string();
    value.get_string() += text;
  };
  for (const AnswerPart& part : parts) {
    switch (part.kind) {
      case AnswerPart::Kind::text:
        append("content", part.text);
        break;
      case AnswerPart::Kind::reasoning:
        append("reasoning_content", part.text);
        break;
      case AnswerPart::Kind::call:
        entries.push_back({{"index", calls++},
                           {"id", part.id},
                           {"type", "function"},
                           {"function", {{"name", part.text}, {"arguments", ""}}}});
        break;
      case AnswerPart::Kind::arguments:
        if (entries.empty())
          entries.push_back({{"index", calls - 1}, {"function", {{"arguments", ""}}}});
        entries.back().at("function").at("arguments").get_string() += part.text;
        break;
    }
  }
  if (!entries.empty()) delta["tool_calls"] = std::move(entries);
  return delta;
}

}  // namespace

std::string chat_completion(const AnswerHead& head, const std::vector<AnswerMessage>& answers,
                            const Tokenizer& tokenizer, bool want_logprobs) {
  json::array choices;
  AnswerUsage usage;
  for (const AnswerMessage& answer : answers) {
    json::value logprobs;
    if (want_logprobs) logprobs = logprobs_json(tokenizer, answer.tokens);
    choices.push_back({{"index", choices.size()},
                       {"message", message_json(answer)},
                       {"logprobs", std::move(logprobs)},
                       {"finish_reason", openai_finish_reason(answer.end.reason)}});
    usage.add(answer.end, choices.size() == 1);
  }
  const json::object body{{"id", head.id},
                          {"object", "chat.completion"},
                          {"created", head.created},
                          {"model", head.model},
                          {"choices", std::move(choices)},
                          {"usage", usage_json(usage)},
                          {"system_fingerprint", head.fingerprint},
                          {"timings", timings_json(answers.front().end.finish)}};
  return json::serialize(body);
}

ChunkWriter::ChunkWriter(const AnswerHead& head, const Tokenizer& tokenizer, ChunkOptions options)
    : tokenizer_(tokenizer), options_(options), calls_(static_cast<std::size_t>(options.choices)) {
  head_ = event_head(head, "chat.completion.chunk");
}

void ChunkWriter::chunk(std::string& out, std::string_view choices, std::string_view usage,
                        std::string_view more) const {
  std::string data = fmt::format(R"({},"choices":[{}])", head_, choices);
  if (options_.include_usage) fmt::format_to(std::back_inserter(data), R"(,"usage":{})", usage);
  data += more;
  data += '}';
  append_sse_event(out, data);
}

void ChunkWriter::begin(std::string& out) {
  for (int i = 0; i < options_.choices; ++i) {
    chunk(
        out,
        fmt::format(
            R"({{"index":{},"delta":{{"role":"assistant","content":"","refusal":null}},"logprobs":null,"finish_reason":null}})",
            i),
        "null");
  }
}

void ChunkWriter::news(std::string& out, const AnswerNews& news) {
  if (!news.parts.empty() || !news.tokens.empty()) {
    int& calls = calls_[static_cast<std::size_t>(news.choice)];
    std::string logprobs = "null";
    if (options_.want_logprobs) logprobs = json::serialize(logprobs_json(tokenizer_, news.tokens));
    chunk(out,
          fmt::format(R"({{"index":{},"delta":{},"logprobs":{},"finish_reason":null}})",
                      news.choice, json::serialize(delta_json(news.parts, calls)), logprobs),
          "null");
  }
  if (!news.end) return;
  usage_.add(*news.end, news.choice == 0);
  chunk(out,
        fmt::format(R"({{"index":{},"delta":{{}},"logprobs":null,"finish_reason":"{}"}})",
                    news.choice, openai_finish_reason(news.end->reason)),
        "null", fmt::format(R"(,"timings":{})", json::serialize(timings_json(news.end->finish))));
}

void ChunkWriter::end(std::string& out) {
  if (options_.include_usage) chunk(out, "", json::serialize(usage_json(usage_)));
  append_sse_event(out, "[DONE]");
}

void ChunkWriter::failed(std::string& out, const Problem& problem) {
  append_sse_event(out, openai_error_body(problem));
}

}  // namespace pincer
