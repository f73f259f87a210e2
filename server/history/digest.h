// SHA-256 of bytes in memory, and what is made of it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pincer {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::span<const std::uint8_t> key, std::string_view bytes);
std::string hex(std::span<const std::uint8_t> bytes);  // lower case

}  // namespace pincer
