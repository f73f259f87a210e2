// libFuzzer target: events that are written, put into chunks and cut anywhere are read back as they
// were, by Beast's parser for the chunks and the rules of the HTML standard for the events.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/sse.h"

namespace {

namespace http = boost::beast::http;

std::string unchunk(const std::string& chunks) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  const std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
  for (std::size_t at = 0; !parser.is_done();) {
    const std::size_t used =
        parser.put(boost::asio::buffer(bytes.data() + at, bytes.size() - at), error);
    if (error) std::abort();
    at += used;
  }
  return parser.get().body();
}

std::vector<std::string> read_events(std::string_view body) {
  std::vector<std::string> events;
  std::string data;
  while (!body.empty()) {
    const auto end = body.find('\n');
    if (end == std::string_view::npos) std::abort();
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (line.empty()) {
      events.push_back(std::move(data));
      data.clear();
    } else if (line.starts_with("data: ")) {
      data += line.substr(6);
    } else {
      std::abort();
    }
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> sent;
  std::string chunks, waiting;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t length = 1u + static_cast<unsigned char>(input[at]) % 64;
    // Text reaches an event as a JSON string, which has no line breaks.
    sent.push_back(boost::json::serialize(boost::json::string_view(input.substr(at, length))));
    pincer::append_sse_event(waiting, sent.back());
    if (length % 3 == 0) chunks += pincer::http_chunk(std::exchange(waiting, {}));
    at += length;
  }
  chunks += pincer::http_chunk(waiting);
  chunks += pincer::kLastHttpChunk;
  if (read_events(unchunk(chunks)) != sent) std::abort();
  return 0;
}
