// Embeddings as JSON texts.
#pragma once

#include <span>
#include <string>

namespace pincer {

// "[0.1,-0.2]", each number as short as gives the same float when read again.
void append_floats(std::string& out, std::span<const float> vector);
// Of little-endian floats.
std::string base64_floats(std::span<const float> vector);

}  // namespace pincer
