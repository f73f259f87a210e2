// Addresses and keys of Bitcoin (Base58Check, Bech32) and addresses of Ethereum.
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

// The last four bytes are the beginning of the SHA-256 of the SHA-256 of the others.
bool is_base58check(std::string_view word) {
  std::array<unsigned char, 40> bytes{};  // most significant first
  for (const char c : word) {
    const std::size_t value = kBase58.find(c);
    if (value == std::string_view::npos) return false;
    auto carry = static_cast<unsigned>(value);
    for (std::size_t i = bytes.size(); i-- > 0;) {
      carry += bytes[i] * 58U;
      bytes[i] = static_cast<unsigned char>(carry & 255U);
      carry >>= 8U;
    }
  }
  // Addresses have 21 bytes, private keys 33 or 34, the checksum not counted.
  for (const std::size_t size : {21U, 33U, 34U}) {
    const unsigned char* payload = bytes.data() + bytes.size() - 4 - size;
    if (std::any_of(std::as_const(bytes).data(), payload, [](unsigned char b) { return b != 0; }))
      continue;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(payload, size, digest.data());
    SHA256(digest.data(), digest.size(), digest.data());
    if (std::equal(payload + size, payload + size + 4, digest.begin())) return true;
  }
  return false;
}

// Bech32 and Bech32m with the prefixes bc and tb.
bool is_bech32(std::string_view word) {
  std::uint32_t check = 1;
  const auto feed = [&check](unsigned value) {
    constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                      0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = check >> 25U;
    check = (check & 0x1ffffffU) << 5U ^ value;
    for (unsigned i = 0; i < 5; ++i) check ^= (top >> i & 1U) != 0 ? kGenerator[i] : 0;
  };
  for (const char c : word.substr(0, 2)) feed(static_cast<unsigned>(lower(c)) >> 5U);
  feed(0);
  for (const char c : word.substr(0, 2)) feed(static_cast<unsigned>(lower(c)) & 31U);
  for (const char c : word.substr(3)) {
    const std::size_t value = kBech32.find(lower(c));
    if (value == std::string_view::npos) return false;
    feed(static_cast<unsigned>(value));
  }
  return check == 1 || check == 0x2bc830a3;
}

bool is_ethereum(std::string_view word) {
  return word.size() == 42 && word.starts_with("0x") &&
         std::ranges::all_of(word.substr(2), is_hex) &&
         word.find_first_not_of(word[2], 2) != std::string_view::npos;
}

}  // namespace

void find_crypto_addresses(std::string_view text, Findings& out) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_word(text[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < text.size() && is_word(text[i])) ++i;
    const std::string_view word = text.substr(begin, i - begin);
    if (word.size() < 26 || word.size() > 90) continue;
    const bool base58 = word.size() <= 52 && kBase58.find(word[0]) != std::string_view::npos &&
                        std::string_view("13mn2LK5c9").find(word[0]) != std::string_view::npos;
    const bool bech32 = has_word(word, 0, "bc1") || has_word(word, 0, "tb1");
    const bool checked = (base58 && is_base58check(word)) || (bech32 && is_bech32(word));
    if (!checked && !is_ethereum(word)) continue;
    out.push_back({PrivacyClass::crypto_address, begin, i,
                   checked ? Confidence::checked : Confidence::format});
  }
}

}  // namespace pincer::privacy
