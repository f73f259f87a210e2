// libFuzzer target: any message on the WebSocket of /v1/responses is a request with a JSON body, or
// a problem that can be told.
#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "server/api/socket_message.h"

namespace {

using namespace pincer;

// Parses, or aborts.
boost::json::object object_of(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = 64;
  auto value = boost::json::parse(text, error, {}, options);
  if (error || !value.is_object()) std::abort();
  return value.get_object();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const SocketMessage message = parse_socket_message(text, 32);
  if (const auto* problem = std::get_if<Problem>(&message)) {
    if (problem->status != 400 || problem->message.empty()) std::abort();
    const auto event = object_of(socket_error(*problem, "a\"b"));
    if (event.at("type") != "error" || event.at("stream_id") != "a\"b") std::abort();
  } else if (const auto* create = std::get_if<CreateResponse>(&message)) {
    if (create->body.at("stream") != true || create->body.contains("type")) std::abort();
    if (object_of(with_stream_id("{\"a\":1}", create->stream_id)).at("a") != 1) std::abort();
  }
  return 0;
}
