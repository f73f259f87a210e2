#include "server/api/logprobs_json.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>

namespace pincer {
namespace json = boost::json;

namespace {

// The length of the UTF-8 character that `text` begins with; 0 if it begins with none (Unicode 15,
// table 3-7).
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate_or_beyond =
      (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || surrogate_or_beyond ? 0 : length;
}

// The least that JSON can carry and clients can read; a probability of zero has no logarithm.
constexpr float kLeastLogprob = -9999.0f;

float bounded(float logprob) { return std::max(logprob, kLeastLogprob); }

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

json::object entry(const Tokenizer& tokenizer, TokenId token, float logprob) {
  const std::string_view bytes = tokenizer.token_bytes(token);
  json::array values;
  values.reserve(bytes.size());
  for (const char c : bytes)
    values.emplace_back(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  json::object out;
  out["token"] = valid_utf8(bytes);
  out["logprob"] = bounded(logprob);
  out["bytes"] = std::move(values);
  return out;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    out += length > 0 ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    bytes.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

json::array token_logprobs_json(const Tokenizer& tokenizer,
                                std::span<const GeneratedToken> tokens) {
  json::array content;
  for (const GeneratedToken& token : tokens) {
    json::object chosen = entry(tokenizer, token.id, token.logprobs.chosen);
    json::array top;
    for (const TokenLogprob& other : token.logprobs.top) {
      top.emplace_back(entry(tokenizer, other.token, other.logprob));
    }
    chosen["top_logprobs"] = std::move(top);
    content.emplace_back(std::move(chosen));
  }
  return content;
}

json::value logprobs_json(const Tokenizer& tokenizer, std::span<const GeneratedToken> tokens) {
  return json::object{{"content", token_logprobs_json(tokenizer, tokens)}, {"refusal", nullptr}};
}

json::value old_logprobs_json(const Tokenizer& tokenizer, std::span<const GeneratedToken> tokens,
                              std::size_t& offset) {
  if (tokens.empty()) return nullptr;
  json::array texts, chosen, tops, offsets;
  for (const GeneratedToken& token : tokens) {
    const std::string text = valid_utf8(tokenizer.token_bytes(token.id));
    json::object top;
    for (const TokenLogprob& other : token.logprobs.top) {
      top.insert_or_assign(valid_utf8(tokenizer.token_bytes(other.token)), bounded(other.logprob));
    }
    offsets.emplace_back(offset);
    offset += characters(text);
    texts.emplace_back(text);
    chosen.emplace_back(bounded(token.logprobs.chosen));
    tops.emplace_back(std::move(top));
  }
  return json::object{{"tokens", std::move(texts)},
                      {"token_logprobs", std::move(chosen)},
                      {"top_logprobs", std::move(tops)},
                      {"text_offset", std::move(offsets)}};
}

}  // namespace pincer
