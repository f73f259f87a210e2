#include "server/history/turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "server/history/digest.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr int kTurnVersion = 1;

json::value parsed(std::string_view text, json::error_code& error) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // a model's tokens may end inside a letter
  return json::parse(text, error, {}, options);
}

json::object message_json(const Message& message) {
  json::object object{{"role", message.role}, {"content", message.content}};
  if (!message.reasoning.empty()) object["reasoning"] = message.reasoning;
  if (!message.tool_call_id.empty()) object["tool_call_id"] = message.tool_call_id;
  if (message.tool_calls.empty()) return object;
  json::array calls;
  for (const ToolCall& call : message.tool_calls)
    calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  object["tool_calls"] = std::move(calls);
  return object;
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found == nullptr ? std::string() : std::string(found->as_string());
}

// These throw where something has not the type that was written.
Message message_of(const json::object& object) {
  Message message{.role = text_at(object, "role"),
                  .content = text_at(object, "content"),
                  .reasoning = text_at(object, "reasoning"),
                  .tool_calls = {},
                  .tool_call_id = text_at(object, "tool_call_id")};
  const json::value* calls = object.if_contains("tool_calls");
  if (calls == nullptr) return message;
  for (const json::value& value : calls->as_array()) {
    const json::object& call = value.as_object();
    message.tool_calls.push_back({.id = text_at(call, "id"),
                                  .name = text_at(call, "name"),
                                  .arguments = text_at(call, "arguments")});
  }
  return message;
}

std::vector<Message> messages_of(std::string_view text) {
  json::error_code error;
  const json::value value = parsed(text, error);
  std::vector<Message> messages;
  for (const json::value& each : value.as_array()) messages.push_back(message_of(each.as_object()));
  return messages;
}

Error damaged_turn(std::string_view id, std::string_view why) {
  return {ErrorCode::corrupt,
          fmt::format("the turn '{}' is not one that Pincer wrote: {}", id, why)};
}

}  // namespace

bool is_turn_id(std::string_view id) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, fits);
}

std::string owner_digest(std::string_view identity) {
  return hex(sha256("pincer owner\n" + std::string(identity)));
}

HistoryTurn turn_of(const StoredResponse& response, std::int64_t created_ms) {
  json::array history;
  for (const Message& message : response.history) history.push_back(message_json(message));
  return {.id = response.id,
          .owner = owner_digest(response.owner),
          .body = response.body,
          .input_items = response.input_items,
          .history = json::serialize(history),
          .created_ms = created_ms};
}

Result<StoredResponse> response_of(HistoryTurn turn, std::string identity) {
  StoredResponse response;
  try {
    response.history = messages_of(turn.history);
  } catch (const std::exception& e) {
    return damaged_turn(turn.id, e.what());
  }
  response.id = std::move(turn.id);
  response.owner = std::move(identity);
  response.body = std::move(turn.body);
  response.input_items = std::move(turn.input_items);
  return response;
}

std::string turn_text(const HistoryTurn& turn) {
  return json::serialize(json::object{{"version", kTurnVersion},
                                      {"id", turn.id},
                                      {"owner", turn.owner},
                                      {"created_ms", turn.created_ms},
                                      {"body", turn.body},
                                      {"input_items", turn.input_items},
                                      {"history", turn.history}});
}

Result<HistoryTurn> parse_turn(std::string_view text) {
  json::error_code error;
  const json::value value = parsed(text, error);
  try {
    const json::object& object = value.as_object();
    HistoryTurn turn;
    turn.id = text_at(object, "id");
    if (object.at("version").to_number<int>() != kTurnVersion)
      return damaged_turn(turn.id, "its version is another one");
    turn.owner = text_at(object, "owner");
    turn.body = text_at(object, "body");
    turn.input_items = text_at(object, "input_items");
    turn.history = text_at(object, "history");
    turn.created_ms = object.at("created_ms").to_number<std::int64_t>();
    return turn;
  } catch (const std::exception& e) {
    return damaged_turn("", e.what());
  }
}

}  // namespace pincer
