// What a remote upstream may send: the same events however they are cut, one end or failure at
// most, and nothing behind it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "server/upstream/anthropic_events.h"
#include "server/upstream/openai_events.h"
#include "server/upstream/remote_failure.h"

namespace {

using pincer::SseEvent;

std::vector<SseEvent> read(std::string_view stream, std::size_t piece) {
  pincer::SseReader reader(4096);
  std::vector<SseEvent> events;
  for (std::size_t i = 0; i < stream.size(); i += piece) {
    if (!reader.push(stream.substr(i, piece), events)) break;
  }
  return events;
}

void parse(pincer::EventParser& parser, const std::vector<SseEvent>& events) {
  int ends = 0;
  for (std::size_t i = 0; i <= events.size(); ++i) {
    pincer::UpstreamNews news;
    if (i < events.size()) {
      parser.push(events[i], news);
    } else {
      parser.finish(news);
    }
    if (ends > 0 && !news.parts.empty()) std::abort();
    ends += (news.end ? 1 : 0) + (news.failure ? 1 : 0);
  }
  if (ends != 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const std::vector<SseEvent> whole = read(stream, size + 1);
  const std::vector<SseEvent> bytes = read(stream, 1);
  if (whole.size() != bytes.size()) std::abort();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i].type != bytes[i].type || whole[i].data != bytes[i].data) std::abort();
  }
  pincer::OpenAiEvents openai;
  parse(openai, whole);
  pincer::AnthropicEvents anthropic;
  parse(anthropic, whole);
  pincer::remote_failure(429, stream);
  pincer::parse_retry_after(stream);
  return 0;
}
