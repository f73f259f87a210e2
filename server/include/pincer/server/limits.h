// What one client may cost: sizes, counts and times. Every wait on a socket has one of these
// deadlines.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pincer {

struct Limits {
  std::uint32_t header_bytes = 16 << 10;  // request line and headers; beyond it 431
  std::uint64_t body_bytes = 4 << 20;     // beyond it 413
  std::size_t json_depth = 32;            // nesting of a JSON body; beyond it 400
  std::size_t connections = 4096;      // at once, all listeners together; beyond it 503 and close
  int requests_per_connection = 1000;  // then "Connection: close"
  std::chrono::milliseconds header_timeout{
      10'000};  // first byte of a request to the end of its headers; beyond it 408
  std::chrono::milliseconds body_timeout{30'000};  // the whole body; beyond it 408
  std::chrono::milliseconds idle_timeout{
      75'000};  // between requests; then the connection is closed
  std::chrono::milliseconds write_timeout{
      30'000};  // one write; a client that reads more slowly is dropped
  std::chrono::milliseconds linger_timeout{
      2'000};  // unread input is dropped this long, so that an error answer arrives
  // Of generations; 0: no limit.
  std::chrono::milliseconds max_queue_wait{60'000};  // as expected when it comes; beyond it 429
  std::chrono::milliseconds queue_timeout{0};        // until it has its place; then 504
  std::chrono::milliseconds request_timeout{0};      // from the headers to its end; then 504
};

}  // namespace pincer
