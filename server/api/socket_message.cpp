#include "server/api/socket_message.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "server/api/json_fields.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxStreamId = 128;  // bytes

// The body of a response.create: what belongs to the transport is taken out, and "stream" is
// implied.
SocketMessage create_message(const json::object& message) {
  std::optional<Problem> problem;
  CreateResponse out;
  JsonFields fields(message, "", problem);
  fields.text("stream_id", out.stream_id);
  if (out.stream_id.size() > kMaxStreamId)
    fields.wrong_value("stream_id", fmt::format("it has at most {} bytes", kMaxStreamId));
  if (const json::value* background = fields.find("background");
      background != nullptr && *background != false)
    fields.unsupported("background", "over a WebSocket responses are not made in the background");
  const json::object* nested = fields.object("response");
  if (problem) return *std::move(problem);
  out.body = nested != nullptr ? *nested : message;
  for (const std::string_view key : {"type", "event_id", "stream_id", "background"})
    out.body.erase(key);
  out.body["stream"] = true;
  return out;
}

}  // namespace

SocketMessage parse_socket_message(std::string_view text, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) {
    return Problem{.message = fmt::format("The message is not valid JSON: {}.", error.message()),
                   .code = "invalid_json"};
  }
  if (!value.is_object()) {
    return Problem{.message = fmt::format("The message must be a JSON object, but is {}.",
                                          json_kind_name(value)),
                   .code = "invalid_type"};
  }
  std::optional<Problem> problem;
  JsonFields fields(value.get_object(), "", problem);
  std::string type;
  fields.text("type", type);
  if (type == "response.create") return create_message(value.get_object());
  if (type == "response.cancel") {
    CancelResponse cancel;
    fields.text("response_id", cancel.response_id);
    if (problem) return *std::move(problem);
    return cancel;
  }
  if (!problem) fields.wrong_value("type", "it must be 'response.create' or 'response.cancel'");
  return *std::move(problem);
}

std::string with_stream_id(std::string event, std::string_view stream_id) {
  if (stream_id.empty() || event.size() < 3 || event.back() != '}') return event;
  event.pop_back();
  event += R"(,"stream_id":)";
  event += json::serialize(json::string_view(stream_id.data(), stream_id.size()));
  event += '}';
  return event;
}

std::string socket_error(const Problem& problem, std::string_view stream_id) {
  const std::string body = openai_error_body(problem);  // {"error":{…}}
  std::string event =
      fmt::format(R"({{"type":"error","status":{},{})", problem.status, body.substr(1));
  return with_stream_id(std::move(event), stream_id);
}

}  // namespace pincer
