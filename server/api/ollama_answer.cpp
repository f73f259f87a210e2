#include "server/api/ollama_answer.h"

#include <boost/json.hpp>
#include <utility>

#include "server/api/logprobs_json.h"
#include "server/api/ollama_error.h"
#include "server/api/ollama_names.h"
#include "server/api/tool_json.h"

namespace pincer {
namespace json = boost::json;

namespace {

using Kind = AnswerPart::Kind;

std::int64_t nanoseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

json::object call_json(const ToolCall& call) {
  return {{"id", call.id},
          {"function", {{"name", call.name}, {"arguments", call_arguments(call.arguments)}}}};
}

// One object of the answer, of one of its lines. Null calls: none.
json::object piece(const OllamaHead& head, std::string_view text, std::string_view thinking,
                   json::array calls) {
  json::object object{{"model", head.model},
                      {"created_at", rfc3339(std::chrono::system_clock::now())}};
  const bool chat = head.use == OllamaUse::chat;
  json::object message;
  if (chat) message["role"] = "assistant";
  message[chat ? "content" : "response"] = json::string(text);
  if (!thinking.empty()) message["thinking"] = json::string(thinking);
  if (!calls.empty()) message["tool_calls"] = std::move(calls);
  if (chat) {
    object["message"] = std::move(message);
  } else {
    for (auto& field : message) object.insert(field);
  }
  object["done"] = false;
  return object;
}

void add_logprobs(json::object& object, const OllamaHead& head, const Tokenizer& tokenizer,
                  std::span<const GeneratedToken> tokens) {
  if (!head.want_logprobs || tokens.empty()) return;
  object["logprobs"] = logprobs_json(tokenizer, tokens).at("content");
}

void add_end(json::object& object, const OllamaHead& head, const AnswerMessage& answer,
             const Tokenizer& tokenizer) {
  const AnswerEnd& end = answer.end;
  const Finish& finish = end.finish;
  object["done"] = true;
  object["done_reason"] = end.reason == AnswerEnd::Reason::length ? "length" : "stop";
  if (!head.prompt.empty()) {
    std::vector<TokenId> context = head.prompt;
    const std::vector<TokenId> answered = tokenizer.encode(answer.text);
    context.insert(context.end(), answered.begin(), answered.end());
    object["context"] = json::value_from(context);
  }
  const std::chrono::nanoseconds total = std::chrono::steady_clock::now() - head.asked;
  object["total_duration"] = total.count();
  object["load_duration"] = head.load.count();
  object["prompt_eval_count"] = finish.prompt_tokens;
  object["prompt_eval_duration"] = nanoseconds(finish.prefill_seconds);
  object["eval_count"] = end.completion_tokens;
  object["eval_duration"] = nanoseconds(finish.decode_seconds);
}

void append_line(std::string& out, const json::object& object) {
  out += json::serialize(object);
  out += '\n';
}

}  // namespace

std::string ollama_answer(const OllamaHead& head, const AnswerMessage& answer,
                          const Tokenizer& tokenizer) {
  json::array calls;
  for (const ToolCall& call : answer.calls) calls.push_back(call_json(call));
  json::object object = piece(head, answer.text, answer.reasoning, std::move(calls));
  add_logprobs(object, head, tokenizer, answer.tokens);
  add_end(object, head, answer, tokenizer);
  return json::serialize(object);
}

std::string ollama_loaded(const OllamaHead& head) {
  json::object object = piece(head, "", "", {});
  object["done"] = true;
  object["done_reason"] = "load";
  return json::serialize(object);
}

void OllamaWriter::news(std::string& out, const AnswerNews& news) {
  std::string text, thinking;
  for (const AnswerPart& part : news.parts) {
    if (part.kind == Kind::text) text += part.text;
    if (part.kind == Kind::reasoning) thinking += part.text;
    if (part.kind == Kind::call) send_call(out);  // the one before is complete
    AnswerNews one;
    one.parts.push_back(part);
    so_far_.add(one);
  }
  if (!text.empty() || !thinking.empty() || !news.tokens.empty()) {
    json::object object = piece(head_, text, thinking, {});
    add_logprobs(object, head_, tokenizer_, news.tokens);
    append_line(out, object);
  }
  if (news.end) so_far_.end = *news.end;
}

void OllamaWriter::send_call(std::string& out) {
  if (calls_sent_ == so_far_.calls.size()) return;
  append_line(out, piece(head_, "", "", {call_json(so_far_.calls[calls_sent_++])}));
}

void OllamaWriter::end(std::string& out) {
  send_call(out);
  json::object object = piece(head_, "", "", {});
  add_end(object, head_, so_far_, tokenizer_);
  append_line(out, object);
}

void OllamaWriter::failed(std::string& out, const Problem& problem) {
  out += ollama_error_body(problem) + '\n';
}

}  // namespace pincer
