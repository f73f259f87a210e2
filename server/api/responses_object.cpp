#include "server/api/responses_object.h"

#include <boost/json.hpp>
#include <ctime>
#include <utility>

#include "server/api/logprobs_json.h"
#include "server/api/shown_text.h"
#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

json::object response_usage(const AnswerEnd& end) {
  const Finish& finish = end.finish;
  return {{"input_tokens", finish.prompt_tokens},
          {"input_tokens_details",
           {{"cached_tokens", finish.cached_tokens}, {"cache_write_tokens", 0}}},
          {"output_tokens", end.completion_tokens},
          {"output_tokens_details", {{"reasoning_tokens", end.reasoning_tokens}}},
          {"total_tokens", finish.prompt_tokens + end.completion_tokens}};
}

// Kept as texts until they are shown: as values, small ones take thirty times their bytes.
json::array tools_json(const std::vector<Tool>& tools) {
  json::array out;
  for (const Tool& tool : tools) {
    json::object parameters;
    if (!tool.parameters.empty()) parameters = json::parse(tool.parameters).get_object();
    out.push_back({{"type", "function"},
                   {"name", tool.name},
                   {"description", tool.description},
                   {"parameters", std::move(parameters)},
                   {"strict", tool.strict}});
  }
  return out;
}

bool belongs_to(AnswerPart::Kind open, AnswerPart::Kind part) {
  if (part == AnswerPart::Kind::arguments) return open == AnswerPart::Kind::call;
  return part != AnswerPart::Kind::call && part == open;
}

}  // namespace

ResponseBuilder::ResponseBuilder(const ResponsesRequest& request, const Tokenizer& tokenizer)
    : request_(request),
      tokenizer_(tokenizer),
      id_(random_id("resp_")),
      created_(std::time(nullptr)) {}

json::object ResponseBuilder::response() const {
  json::object out{
      {"id", id_},         {"object", "response"}, {"created_at", created_},
      {"status", status_}, {"error", error_},      {"incomplete_details", incomplete_}};
  for (const auto& [key, value] : request_.echo) out[key] = value;
  out["tools"] = tools_json(request_.chat.tools);
  if (!stored_) out["store"] = false;
  out["output"] = output_;
  out["usage"] = usage_;
  out["completed_at"] = completed_ > 0 ? json::value(completed_) : json::value();
  return out;
}

std::vector<Message> ResponseBuilder::history() const {
  std::vector<Message> all = request_.chat.messages;
  if (!request_.instructions.empty()) all.erase(all.begin());
  Message answer{.role = "assistant", .content = message_.text};
  answer.reasoning = message_.reasoning;
  answer.tool_calls = message_.calls;
  all.push_back(std::move(answer));
  return all;
}

void ResponseBuilder::add(ResponseEvents& events, std::string_view type, json::object members) {
  json::object event{{"type", type}, {"sequence_number", sequence_++}};
  for (auto& [key, value] : members) event[key] = std::move(value);
  events.push_back({type, json::serialize(event)});
}

void ResponseBuilder::add_response(ResponseEvents& events, std::string_view type) {
  add(events, type, {{"response", response()}});
}

void ResponseBuilder::begin(ResponseEvents& events) {
  add_response(events, "response.created");
  add_response(events, "response.in_progress");
}

json::array ResponseBuilder::logprobs(const std::vector<GeneratedToken>& tokens) const {
  if (!request_.chat.want_logprobs) return {};
  return token_logprobs_json(tokenizer_, tokens);
}

// Of the open item, if it is a message or a thought.
json::object ResponseBuilder::content() const {
  if (item_->kind == Kind::reasoning) return {{"type", "reasoning_text"}, {"text", item_->text}};
  return {{"type", "output_text"},
          {"text", item_->text},
          {"annotations", json::array()},
          {"logprobs", item_->logprobs}};
}

json::object ResponseBuilder::item() const {
  json::object out{{"id", item_->id}, {"status", item_->status}};
  if (item_->kind == Kind::call) {
    out["type"] = "function_call";
    out["call_id"] = item_->call_id;
    out["name"] = item_->name;
    out["arguments"] = item_->text;
    return out;
  }
  json::array parts;
  if (item_->status != "in_progress") parts.push_back(content());
  if (item_->kind == Kind::reasoning) {
    out["type"] = "reasoning";
    out["summary"] = json::array();
  } else {
    out["type"] = "message";
    out["role"] = "assistant";
  }
  out["content"] = std::move(parts);
  return out;
}

void ResponseBuilder::open(ResponseEvents& events, const AnswerPart& part) {
  item_.emplace();
  item_->kind = part.kind;
  const bool call = part.kind == Kind::call;
  item_->id = random_id(call ? "fc_" : part.kind == Kind::reasoning ? "rs_" : "msg_");
  if (call) {
    item_->call_id = part.id;
    item_->name = part.text;
  }
  add(events, "response.output_item.added", {{"output_index", output_.size()}, {"item", item()}});
  if (call) return;
  add(events, "response.content_part.added",
      {{"item_id", item_->id},
       {"output_index", output_.size()},
       {"content_index", 0},
       {"part", content()}});
}

void ResponseBuilder::part(ResponseEvents& events, const AnswerPart& part,
                           std::vector<GeneratedToken>& tokens) {
  if (item_ && !belongs_to(item_->kind, part.kind)) close(events, "completed");
  if (!item_) open(events, part);
  if (part.kind == Kind::call) return;
  item_->text += part.text;
  json::object members{
      {"item_id", item_->id}, {"output_index", output_.size()}, {"delta", part.text}};
  if (part.kind == Kind::arguments)
    return add(events, "response.function_call_arguments.delta", std::move(members));
  members["content_index"] = 0;
  if (part.kind == Kind::reasoning)
    return add(events, "response.reasoning_text.delta", std::move(members));
  json::array entries = logprobs(std::exchange(tokens, {}));
  item_->logprobs.insert(item_->logprobs.end(), entries.begin(), entries.end());
  members["logprobs"] = std::move(entries);
  add(events, "response.output_text.delta", std::move(members));
}

void ResponseBuilder::close(ResponseEvents& events, std::string_view status) {
  item_->status = status;
  json::object members{{"item_id", item_->id}, {"output_index", output_.size()}};
  if (item_->kind == Kind::call) {
    members["name"] = item_->name;
    members["arguments"] = item_->text;
    add(events, "response.function_call_arguments.done", std::move(members));
  } else {
    const bool text = item_->kind == Kind::text;
    members["content_index"] = 0;
    json::object part = members;
    members["text"] = item_->text;
    if (text) members["logprobs"] = item_->logprobs;
    add(events, text ? "response.output_text.done" : "response.reasoning_text.done",
        std::move(members));
    part["part"] = content();
    add(events, "response.content_part.done", std::move(part));
  }
  json::object done = item();
  add(events, "response.output_item.done", {{"output_index", output_.size()}, {"item", done}});
  output_.push_back(std::move(done));
  item_.reset();
}

void ResponseBuilder::news(ResponseEvents& events, const AnswerNews& news) {
  message_.add(news);
  // The tokens go with the first text: which text came of which is not known.
  std::vector<GeneratedToken> tokens = news.tokens;
  for (const AnswerPart& part : news.parts) this->part(events, part, tokens);
  if (news.end) finish(events, *news.end);
}

void ResponseBuilder::finish(ResponseEvents& events, const AnswerEnd& end) {
  const bool cut = end.reason == AnswerEnd::Reason::length;
  if (!item_ && output_.empty()) open(events, {});  // an empty answer is a message, too
  if (item_) close(events, cut ? "incomplete" : "completed");
  status_ = cut ? "incomplete" : "completed";
  if (cut) incomplete_ = {{"reason", "max_output_tokens"}};
  completed_ = cut ? 0 : std::time(nullptr);
  usage_ = response_usage(end);
  add_response(events, cut ? "response.incomplete" : "response.completed");
}

void ResponseBuilder::failed(ResponseEvents& events, const Problem& problem) {
  status_ = "failed";
  error_ = {{"code", problem.status < 500 ? "invalid_prompt" : "server_error"},
            {"message", shown_text(problem.message)}};
  add_response(events, "response.failed");
}

void ResponseBuilder::not_stored(ResponseEvents& events) {
  stored_ = false;
  const std::string_view type = events.back().type;
  events.pop_back();
  --sequence_;
  add_response(events, type);
}

}  // namespace pincer
