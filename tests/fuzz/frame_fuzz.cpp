// libFuzzer target: whatever a client of the framed protocol sends is taken apart into frames or
// refused, the same however it is cut, and no frame exceeds its limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "server/framed/frame.h"
#include "server/framed/hello.h"

namespace {

using namespace pincer;

constexpr std::size_t kMaxPayload = 1000;

void check(bool sound) {
  if (!sound) std::abort();
}

// A digest of all that is understood of `input`, of which `step` bytes more arrive at a time.
std::string understand(std::string_view input, std::size_t step) {
  std::string digest, waiting;
  while (!input.empty()) {
    waiting += input.substr(0, step);
    input.remove_prefix(step < input.size() ? step : input.size());
    for (bool more = true; more;) {
      std::size_t used = 0;
      const TakenFrame taken = take_frame(waiting, kMaxPayload, used);
      if (const auto* problem = std::get_if<Problem>(&taken)) {
        check(used == 0 && problem->status >= 400 && !problem->message.empty());
        return digest + "!" + *problem->code;
      }
      more = std::holds_alternative<Frame>(taken);
      if (!more) {
        check(used == 0 && waiting.size() < kFrameHeader + kMaxPayload);
        continue;
      }
      const Frame& frame = std::get<Frame>(taken);
      check(used == kFrameHeader + frame.payload.size() && frame.payload.size() <= kMaxPayload);
      if (frame.type == FrameType::hello) {
        const auto hello = parse_hello(frame.payload);
        if (const auto* problem = std::get_if<Problem>(&hello)) check(problem->status >= 400);
      }
      append_frame(digest, frame.type, frame.stream, frame.payload);
      waiting.erase(0, used);
    }
  }
  return digest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(understand(input, input.size()) == understand(input, 1u + data[0] % 16));
  return 0;
}
