#include "server/api/openai_completions_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <utility>

#include "server/api/logprobs_json.h"
#include "server/api/openai_error.h"
#include "server/http/sse.h"

namespace pincer {
namespace json = boost::json;

namespace {

std::string text_of(const AnswerNews& news) {
  std::string text;
  for (const AnswerPart& part : news.parts) text += part.text;
  return text;
}

json::object choice_json(std::size_t index, std::string text, json::value logprobs,
                         json::value finish_reason) {
  return {{"index", index},
          {"text", std::move(text)},
          {"logprobs", std::move(logprobs)},
          {"finish_reason", std::move(finish_reason)}};
}

}  // namespace

std::string text_completion(const AnswerHead& head, const std::vector<AnswerMessage>& answers,
                            const Tokenizer& tokenizer, const CompletionOptions& options) {
  json::array choices;
  AnswerUsage usage;
  const auto per_prompt = static_cast<std::size_t>(options.choices);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const AnswerMessage& answer = answers[i];
    std::string text = options.echoes.empty() ? "" : options.echoes[i / per_prompt];
    std::size_t offset = 0;
    json::value logprobs;
    if (options.want_logprobs) logprobs = old_logprobs_json(tokenizer, answer.tokens, offset);
    text += answer.text;
    choices.push_back(choice_json(i, std::move(text), std::move(logprobs),
                                  json::string(openai_finish_reason(answer.end.reason))));
    usage.add(answer.end, i % per_prompt == 0);
  }
  const json::object body{{"id", head.id},
                          {"object", "text_completion"},
                          {"created", head.created},
                          {"model", head.model},
                          {"choices", std::move(choices)},
                          {"usage", usage_json(usage)},
                          {"system_fingerprint", head.fingerprint},
                          {"timings", timings_json(answers.front().end.finish)}};
  return json::serialize(body);
}

CompletionWriter::CompletionWriter(const AnswerHead& head, const Tokenizer& tokenizer,
                                   CompletionOptions options)
    : tokenizer_(tokenizer), options_(std::move(options)) {
  head_ = event_head(head, "text_completion");
}

void CompletionWriter::event(std::string& out, std::string_view choices,
                             std::string_view usage) const {
  std::string data = fmt::format(R"({},"choices":[{}])", head_, choices);
  if (options_.include_usage) fmt::format_to(std::back_inserter(data), R"(,"usage":{})", usage);
  data += '}';
  append_sse_event(out, data);
}

void CompletionWriter::begin(std::string& out) {
  for (std::size_t i = 0; i < options_.echoes.size(); ++i) {
    for (int j = 0; j < options_.choices; ++j) {
      const std::size_t index =
          i * static_cast<std::size_t>(options_.choices) + static_cast<std::size_t>(j);
      event(out, json::serialize(choice_json(index, options_.echoes[i], nullptr, nullptr)), "null");
    }
  }
}

void CompletionWriter::news(std::string& out, const AnswerNews& news) {
  const auto index = static_cast<std::size_t>(news.choice);
  offsets_.resize(std::max(offsets_.size(), index + 1));
  std::string text = text_of(news);
  json::value logprobs;
  if (options_.want_logprobs)
    logprobs = old_logprobs_json(tokenizer_, news.tokens, offsets_[index]);
  json::value reason;
  if (news.end) {
    usage_.add(*news.end, news.choice % options_.choices == 0);
    reason = json::string(openai_finish_reason(news.end->reason));
  }
  if (text.empty() && news.tokens.empty() && !news.end) return;
  event(
      out,
      json::serialize(choice_json(index, std::move(text), std::move(logprobs), std::move(reason))),
      "null");
}

void CompletionWriter::end(std::string& out) {
  if (options_.include_usage) event(out, "", json::serialize(usage_json(usage_)));
  append_sse_event(out, "[DONE]");
}

void CompletionWriter::failed(std::string& out, const Problem& problem) {
  append_sse_event(out, openai_error_body(problem));
}

}  // namespace pincer
