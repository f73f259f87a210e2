#include "server/framed/frame.h"

#include <fmt/format.h>

namespace pincer {
namespace {

// Little-endian, whatever this machine is.
// Of at least four bytes.
std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i)
    value = (value << 8) | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

void append_u32(std::string& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
}

void append_header(std::string& out, std::size_t size, FrameType type, std::uint8_t flags,
                   std::uint32_t stream) {
  append_u32(out, static_cast<std::uint32_t>(size));
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out.append(2, '\0');
  append_u32(out, stream);
}

bool from_client(FrameType type) { return type >= FrameType::hello && type <= FrameType::models; }

bool about_connection(FrameType type) {
  return type == FrameType::hello || type == FrameType::ping;
}

std::optional<Problem> header_problem(const Frame& frame, std::uint32_t size, bool zeros,
                                      std::size_t max_payload) {
  const auto malformed = [](std::string message) {
    return Problem{.message = std::move(message), .code = "malformed_frame"};
  };
  if (!from_client(frame.type)) {
    return Problem{.message = fmt::format("Frames of type 0x{:02x} are not taken from clients.",
                                          static_cast<unsigned>(frame.type)),
                   .code = "unknown_frame"};
  }
  if (!zeros) return malformed("Bytes 6 and 7 of a frame's header must be 0.");
  if ((frame.flags & ~kWithIds) != 0)
    return malformed(fmt::format("The flags 0x{:02x} have no meaning.", frame.flags));
  if (about_connection(frame.type) != (frame.stream == 0))
    return malformed("Hello and ping have stream 0, all other frames one that is not 0.");
  const std::size_t limit = frame.type == FrameType::ping ? kMaxPing : max_payload;
  if (size > limit) {
    return Problem{.status = 413,
                   .message = fmt::format("A frame's payload of {} bytes exceeds the limit of {}.",
                                          size, limit),
                   .code = "frame_too_large"};
  }
  return std::nullopt;
}

}  // namespace

TakenFrame take_frame(std::string_view input, std::size_t max_payload, std::size_t& used) {
  used = 0;
  if (input.size() < kFrameHeader) return {};
  const std::uint32_t size = read_u32(input);
  Frame frame;
  frame.type = static_cast<FrameType>(input[4]);
  frame.flags = static_cast<std::uint8_t>(input[5]);
  frame.stream = read_u32(input.substr(8));
  const bool zeros = input[6] == 0 && input[7] == 0;
  if (auto problem = header_problem(frame, size, zeros, max_payload)) return *std::move(problem);
  if (input.size() - kFrameHeader < size) return {};
  frame.payload = input.substr(kFrameHeader, size);
  used = kFrameHeader + size;
  return frame;
}

void append_frame(std::string& out, FrameType type, std::uint32_t stream,
                  std::string_view payload) {
  append_header(out, payload.size(), type, 0, stream);
  out += payload;
}

void append_text_frame(std::string& out, std::uint32_t stream, std::span<const TokenId> ids,
                       std::string_view text) {
  append_header(out, 4 + 4 * ids.size() + text.size(), FrameType::text, kWithIds, stream);
  append_u32(out, static_cast<std::uint32_t>(ids.size()));
  for (const TokenId id : ids) append_u32(out, static_cast<std::uint32_t>(id));
  out += text;
}

}  // namespace pincer
