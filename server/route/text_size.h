// How much a text is, without a tokenizer.
#pragma once

#include <cstddef>
#include <string_view>

namespace pincer {

struct TextSize {
  std::size_t code_points = 0;
  // In quarters of a token: 4 letters are about a token, and so is one sign of Chinese, Japanese or
  // Korean.
  std::size_t quarter_tokens = 0;
};

// Bytes that are no UTF-8 count as one sign each.
TextSize text_size(std::string_view text);

}  // namespace pincer
