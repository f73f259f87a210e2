// Where a JSON object or array ends, in a text that arrives in pieces.
#pragma once

#include <cstddef>
#include <string_view>

namespace pincer {

// Knows strings and brackets only: whether it is JSON at all, a parser must say.
class JsonExtent {
 public:
  // How much of `text` belongs to it, the closing bracket included. The first character of all
  // opens it.
  std::size_t push(std::string_view text);
  bool closed() const { return closed_; }

 private:
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false, closed_ = false;
};

}  // namespace pincer
