// Reads a stream of server-sent events, however its bytes are cut into pieces:
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pincer {

struct SseEvent {
  std::string type;  // "message" where the stream gives none
  std::string data;  // its lines joined by line breaks
};

class SseReader {
 public:
  explicit SseReader(std::size_t most_bytes = std::size_t{1} << 20) : most_bytes_(most_bytes) {}

  // Appends the events that are whole now. False: one is longer than it may be, or was before.
  bool push(std::string_view bytes, std::vector<SseEvent>& out);

 private:
  void line(std::string_view text, std::vector<SseEvent>& out);
  void field(std::string_view name, std::string_view value);

  std::size_t most_bytes_;
  std::string line_;  // not ended yet
  std::string type_, data_;
  bool has_data_ = false, after_cr_ = false, begun_ = false, broken_ = false;
};

}  // namespace pincer
