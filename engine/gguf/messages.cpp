#include "engine/gguf/messages.h"

#include <cstddef>
#include <utility>

namespace pincer::gguf {

namespace {

std::string escaped(char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

bool is_control(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMaxShown = 80;
  std::string out = "'";
  for (const char c : text.substr(0, kMaxShown)) {
    out += is_ascii(c) && !is_control(c) ? std::string(1, c) : escaped(c);
  }
  if (text.size() > kMaxShown) out += "...";
  return out + "'";
}

std::string file_name(std::string_view path) {
  std::string out;
  for (const char c : path) out += is_control(c) ? escaped(c) : std::string(1, c);
  return out;
}

Error corrupt(std::string message) { return {ErrorCode::corrupt, std::move(message)}; }

Error unsupported(std::string message) { return {ErrorCode::unsupported, std::move(message)}; }

Error over_limit(std::string message) { return {ErrorCode::limit, std::move(message)}; }

Error in_context(std::string_view context, const Error& error) {
  return {error.code, std::string(context) + ": " + error.message};
}

}  // namespace pincer::gguf
