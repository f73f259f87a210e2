#include "server/api/embedding_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <bit>
#include <cmath>
#include <iterator>

namespace pincer {

void append_floats(std::string& out, std::span<const float> vector) {
  out += '[';
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (i > 0) out += ',';
    // JSON has no other numbers than finite ones.
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"),
                   std::isfinite(vector[i]) ? vector[i] : 0.0f);
  }
  out += ']';
}

std::string base64_floats(std::span<const float> vector) {
  static_assert(std::endian::native == std::endian::little);
  const std::span<const std::byte> bytes = std::as_bytes(vector);
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // with the terminating zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace pincer
