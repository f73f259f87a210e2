// What a model's file says of it, for those who list models.
#pragma once

#include <cstdint>
#include <string>

namespace pincer {

struct ModelDetails {
  std::string family = {};         // general.architecture: "llama"
  std::string title = {};          // general.name; may be empty
  std::string digest = {};         // hexadecimal: what it was made of
  std::string weights = {};        // format of the packed weights: "int8g32"
  std::string chat_template = {};  // Jinja
  std::int64_t parameters = 0;
  std::int64_t bytes = 0;  // of weights
  int context = 0;         // tokens that it was trained for
  int embedding_length = 0;
  int layers = 0, heads = 0, kv_heads = 0;
  int vocabulary = 0;
};

}  // namespace pincer
