#include "server/api/openai_chat_answer.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>

#include "server/api/logprobs_json.h"
#include "server/http/sse.h"

namespace pincer {
namespace json = boost::json;

namespace {

json::object usage_json(const AnswerEnd& end) {
  return {{"prompt_tokens", end.finish.prompt_tokens},
          {"completion_tokens", end.completion_tokens},
          {"total_tokens", end.finish.prompt_tokens + end.completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", end.finish.cached_tokens}}}};
}

double per_second(int tokens, double seconds) { return seconds > 0 ? tokens / seconds : 0; }

// An extension, in llama-server's words, so that its clients show our speed too.
json::object timings_json(const Finish& finish) {
  const int decoded = finish.generated_tokens > 0 ? finish.generated_tokens - 1
                                                  : 0;  // the first comes from the prefill
  const int prefilled = finish.prompt_tokens - finish.cached_tokens;
  return {{"queued_ms", finish.queued_seconds * 1e3},
          {"cache_n", finish.cached_tokens},
          {"prompt_n", prefilled},
          {"prompt_ms", finish.prefill_seconds * 1e3},
          {"prompt_per_second", per_second(prefilled, finish.prefill_seconds)},
          {"predicted_n", finish.generated_tokens},
          {"predicted_ms", finish.decode_seconds * 1e3},
          {"predicted_per_second", per_second(decoded, finish.decode_seconds)},
          {"draft_n", finish.drafted},
          {"draft_n_accepted", finish.accepted}};
}

std::string logprobs_or_null(const Tokenizer& tokenizer, const std::vector<GeneratedToken>& tokens,
                             bool wanted) {
  return wanted ? json::serialize(logprobs_json(tokenizer, tokens)) : "null";
}

}  // namespace

std::string chat_completion(const AnswerHead& head, const AnswerReader::Piece& answer,
                            const AnswerEnd& end, const Tokenizer& tokenizer, bool want_logprobs) {
  json::object message{{"role", "assistant"}, {"content", answer.text}, {"refusal", nullptr}};
  json::object choice{{"index", 0}, {"message", std::move(message)}};
  choice["logprobs"] =
      want_logprobs ? logprobs_json(tokenizer, answer.tokens) : json::value(nullptr);
  choice["finish_reason"] = end.finish_reason;
  json::array choices;
  choices.emplace_back(std::move(choice));
  const json::object body{{"id", head.id},
                          {"object", "chat.completion"},
                          {"created", head.created},
                          {"model", head.model},
                          {"choices", std::move(choices)},
                          {"usage", usage_json(end)},
                          {"system_fingerprint", head.fingerprint},
                          {"timings", timings_json(end.finish)}};
  return json::serialize(body);
}

ChunkWriter::ChunkWriter(const AnswerHead& head, const Tokenizer& tokenizer, bool want_logprobs,
                         bool include_usage)
    : tokenizer_(tokenizer), want_logprobs_(want_logprobs), include_usage_(include_usage) {
  head_ = json::serialize(json::object{{"id", head.id},
                                       {"object", "chat.completion.chunk"},
                                       {"created", head.created},
                                       {"model", head.model},
                                       {"system_fingerprint", head.fingerprint}});
  head_.pop_back();  // the closing brace
}

void ChunkWriter::chunk(std::string& out, std::string_view choices, std::string_view usage,
                        std::string_view more) const {
  std::string data = fmt::format(R"({},"choices":[{}])", head_, choices);
  if (include_usage_) fmt::format_to(std::back_inserter(data), R"(,"usage":{})", usage);
  data += more;
  data += '}';
  append_sse_event(out, data);
}

void ChunkWriter::role(std::string& out) const {
  chunk(
      out,
      R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null})",
      "null");
}

void ChunkWriter::piece(std::string& out, const AnswerReader::Piece& piece) const {
  chunk(out,
        fmt::format(R"({{"index":0,"delta":{{"content":{}}},"logprobs":{},"finish_reason":null}})",
                    json::serialize(json::string_view(piece.text)),
                    logprobs_or_null(tokenizer_, piece.tokens, want_logprobs_)),
        "null");
}

void ChunkWriter::end(std::string& out, const AnswerEnd& end) const {
  chunk(out,
        fmt::format(R"({{"index":0,"delta":{{}},"logprobs":null,"finish_reason":"{}"}})",
                    end.finish_reason),
        "null", fmt::format(R"(,"timings":{})", json::serialize(timings_json(end.finish))));
  if (include_usage_) chunk(out, "", json::serialize(usage_json(end)));
  append_sse_event(out, "[DONE]");
}

void ChunkWriter::error(std::string& out, std::string_view error_body) {
  append_sse_event(out, error_body);
}

}  // namespace pincer
