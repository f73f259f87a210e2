// The frames of the framed protocol: docs/framed-protocol.md is its definition.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "pincer/engine/tokenizer.h"
#include "server/http/problem.h"

namespace pincer {

inline constexpr int kFramedVersion = 1;
inline constexpr std::size_t kFrameHeader = 12;  // bytes
inline constexpr std::size_t kMaxPing = 64;      // bytes

enum class FrameType : std::uint8_t {
  // From the client.
  hello = 0x01,
  chat = 0x02,
  completion = 0x03,
  cancel = 0x04,
  ping = 0x05,
  models = 0x06,
  // From the server.
  welcome = 0x81,
  text = 0x82,
  delta = 0x83,
  finish = 0x84,
  error = 0x85,
  pong = 0x86,
  model_list = 0x87,
};

// With a request: text frames shall carry token ids. With a text frame: it does.
inline constexpr std::uint8_t kWithIds = 0x01;

struct Frame {
  FrameType type = FrameType::hello;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;  // 0: about the connection
  std::string payload;
};

// Takes a client's frame from the beginning of `input`. `used` says how much of it. Monostate: more
// input is needed. A problem: what follows cannot be understood, and the connection must end; it is
// noticed as soon as the header is there.
using TakenFrame = std::variant<std::monostate, Frame, Problem>;
TakenFrame take_frame(std::string_view input, std::size_t max_payload, std::size_t& used);

void append_frame(std::string& out, FrameType type, std::uint32_t stream, std::string_view payload);
// A text frame with token ids.
void append_text_frame(std::string& out, std::uint32_t stream, std::span<const TokenId> ids,
                       std::string_view text);

}  // namespace pincer
