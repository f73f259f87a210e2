// Keys as their issuers form them, private keys (RFC 7468), tokens (RFC 7519), wallets
// (Base58Check, BIP 173).
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "tests/server/privacy/planted_secret.h"

namespace pincer::test {
namespace {

constexpr std::string_view kAlnum =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kUrlSafe =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
constexpr std::string_view kHex = "0123456789abcdef";

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63U];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63U];
  return out;
}

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return {digest.begin(), digest.end()};
}

// Repeated division by 58 of the number that the bytes are.
std::string base58check(std::string bytes) {
  constexpr std::string_view kAlphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  bytes += sha256(sha256(bytes)).substr(0, 4);
  std::string zeros;
  for (std::size_t i = 0; i < bytes.size() && bytes[i] == '\0'; ++i) zeros += '1';
  std::string text;
  while (std::ranges::any_of(bytes, [](char c) { return c != '\0'; })) {
    unsigned rest = 0;
    for (char& c : bytes) {
      rest = rest * 256 + static_cast<unsigned char>(c);
      c = static_cast<char>(rest / 58);
      rest %= 58;
    }
    text.insert(text.begin(), kAlphabet[rest]);
  }
  return zeros + text;
}

unsigned polymod(const std::vector<unsigned>& values) {
  unsigned chk = 1;
  for (const unsigned v : values) {
    const unsigned b = chk >> 25U;
    chk = (chk & 0x1ffffffU) << 5U ^ v;
    const std::array<unsigned, 5> generator{0x3b6a57b2U, 0x26508e6dU, 0x1ea119faU, 0x3d4233ddU,
                                            0x2a1462b3U};
    for (unsigned i = 0; i < 5; ++i) chk ^= (b >> i & 1U) ? generator[i] : 0U;
  }
  return chk;
}

std::string segwit(Dice& dice) {
  std::vector<unsigned> data{0};  // version; 20 bytes are 32 groups of five bits
  for (int i = 0; i < 32; ++i) data.push_back(static_cast<unsigned>(dice.below(32)));
  std::vector<unsigned> values{3, 3, 0, 2, 3};  // "bc" expanded
  values.insert(values.end(), data.begin(), data.end());
  for (int i = 0; i < 6; ++i) values.push_back(0);
  const unsigned check = polymod(values) ^ 1U;
  for (unsigned i = 0; i < 6; ++i) data.push_back(check >> 5U * (5U - i) & 31U);
  std::string text = "bc1";
  for (const unsigned v : data) text += std::string_view("qpzry9x8gf2tvdw0s3jn54khce6mua7l")[v];
  return text;
}

std::string random_bytes(Dice& dice, std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) bytes += static_cast<char>(dice.below(256));
  return bytes;
}

}  // namespace

PlantedSecret plant_api_key(Dice& dice) {
  struct Form {
    std::string_view name, prefix, alphabet;
    std::size_t size;
  };
  const std::vector<Form> forms{{"OpenAI", "sk-", kAlnum, 48},
                                {"OpenAI project", "sk-proj-", kUrlSafe, 64},
                                {"Anthropic", "sk-ant-api03-", kUrlSafe, 93},
                                {"GitHub", "ghp_", kAlnum, 36},
                                {"GitHub app", "ghs_", kAlnum, 36},
                                {"GitHub fine-grained", "github_pat_11", kAlnum, 80},
                                {"AWS", "AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16},
                                {"Slack bot", "xoxb-", "0123456789", 0},
                                {"Google", "AIzaSy", kUrlSafe, 33},
                                {"GitLab", "glpat-", kUrlSafe, 20},
                                {"Hugging Face", "hf_", kAlnum, 34},
                                {"npm", "npm_", kAlnum, 36},
                                {"Stripe", "sk_live_", kAlnum, 24},
                                {"SendGrid", "SG.", kUrlSafe, 0},
                                {"Groq", "gsk_", kAlnum, 52},
                                {"DigitalOcean", "dop_v1_", kHex, 64},
                                {"Shopify", "shpat_", kHex, 32},
                                {"PyPI", "pypi-AgEIcHlwaS5vcmc", kUrlSafe, 100}};
  const Form form = dice.one_of(forms);
  std::string value = std::string(form.prefix) + dice.of(form.alphabet, form.size);
  if (form.name == "Slack bot") {
    value += dice.digits(12) + "-" + dice.digits(13) + "-" + dice.of(kAlnum, 24);
  }
  if (form.name == "SendGrid") value += dice.of(kUrlSafe, 22) + "." + dice.of(kUrlSafe, 43);
  // What ends in a hyphen cannot be told from the text behind it.
  if (value.back() == '-' || value.back() == '_') value.back() = 'x';
  return {"api_key", std::string(form.name), value, value};
}

PlantedSecret plant_private_key(Dice& dice) {
  const std::string label =
      dice.one_of(std::vector<std::string>{"RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY",
                                           "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"});
  const bool escaped = dice.below(3) == 0;
  const std::string newline = escaped ? "\\n" : "\n";
  std::string value = "-----BEGIN " + label + "-----" + newline;
  for (std::size_t i = 0; i < 3 + dice.below(12); ++i) value += dice.of(kAlnum, 64) + newline;
  value += dice.of(kAlnum, 22) + "==" + newline + "-----END " + label + "-----";
  return {"private_key", label + (escaped ? ", \\n" : ""), value, value};
}

PlantedSecret plant_jwt(Dice& dice) {
  const std::string algorithm = dice.one_of(std::vector<std::string>{"HS256", "RS256", "ES256"});
  const std::string value =
      base64url(R"({"alg":")" + algorithm + R"(","typ":"JWT"})") + "." +
      base64url(fmt::format(R"({{"sub":"{}","iat":{}}})", dice.digits(10), dice.digits(10))) + "." +
      dice.of(kUrlSafe, 42) + dice.of(kAlnum, 1);
  return {"jwt", algorithm, value, value};
}

PlantedSecret plant_crypto_address(Dice& dice) {
  std::string form, value;
  switch (dice.below(5)) {
    case 0:
      form = "P2PKH";
      value = base58check(std::string(1, '\0') + random_bytes(dice, 20));
      break;
    case 1:
      form = "P2SH";
      value = base58check("\x05" + random_bytes(dice, 20));
      break;
    case 2:
      form = "WIF";
      value = base58check("\x80" + random_bytes(dice, 32) + "\x01");
      break;
    case 3:
      form = "Bech32";
      value = segwit(dice);
      break;
    default:
      form = "Ethereum";
      value = "0x" + dice.of("0123456789abcdefABCDEF", 40);
  }
  return {"crypto_address", form, value, value};
}

}  // namespace pincer::test
