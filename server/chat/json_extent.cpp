#include "server/chat/json_extent.h"

namespace pincer {

std::size_t JsonExtent::push(std::string_view text) {
  std::size_t i = 0;
  for (; i < text.size() && !closed_; ++i) {
    const char c = text[i];
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      closed_ = --depth_ <= 0;
    }
  }
  return i;
}

}  // namespace pincer
