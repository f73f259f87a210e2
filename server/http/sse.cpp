#include "server/http/sse.h"

#include <fmt/format.h>

#include <cassert>

namespace pincer {

void append_sse_event(std::string& out, std::string_view data, std::string_view event) {
  assert(data.find_first_of("\r\n") == std::string_view::npos);
  if (!event.empty()) {
    out += "event: ";
    out += event;
    out += '\n';
  }
  out += "data: ";
  out += data;
  out += "\n\n";
}

void append_sse_comment(std::string& out, std::string_view text) {
  assert(text.find_first_of("\r\n") == std::string_view::npos);
  out += ": ";
  out += text;
  out += "\n\n";
}

std::string http_chunk(std::string_view bytes) {
  if (bytes.empty()) return {};
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace pincer
