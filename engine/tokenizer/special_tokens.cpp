#include "engine/tokenizer/special_tokens.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/tokenizer/quote_text.h"

namespace pincer::bpe {
namespace {

// Real ones have less than 100 bytes.
constexpr std::size_t kMaxSpecialBytes = 1024;

unsigned char byte_at(std::string_view text, std::size_t pos) {
  return static_cast<unsigned char>(text[pos]);
}

}  // namespace

SpecialTokens::SpecialTokens(std::vector<SpecialToken> tokens) : tokens_(std::move(tokens)) {
  std::erase_if(tokens_, [](const SpecialToken& token) { return token.text.empty(); });
  std::sort(tokens_.begin(), tokens_.end(), [](const SpecialToken& a, const SpecialToken& b) {
    return std::tie(a.text, a.id) < std::tie(b.text, b.id);
  });
  const auto same = [](const SpecialToken& a, const SpecialToken& b) { return a.text == b.text; };
  tokens_.erase(std::unique(tokens_.begin(), tokens_.end(), same), tokens_.end());
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    Range& range = first_byte_ranges_[byte_at(tokens_[i].text, 0)];
    if (range.end == 0) range.begin = i;
    range.end = i + 1;
  }
}

Result<SpecialTokens> SpecialTokens::of(const TokenTable& tokens,
                                        std::initializer_list<TokenType> types) {
  std::vector<SpecialToken> specials;
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (std::find(types.begin(), types.end(), tokens.type(id)) == types.end()) continue;
    const std::string_view text = tokens.bytes(id);
    if (text.size() > kMaxSpecialBytes) {
      return Error{ErrorCode::unsupported, "token " + std::to_string(id) + ", " + quote_text(text) +
                                               ", has " + std::to_string(text.size()) +
                                               " bytes; special tokens may have up to " +
                                               std::to_string(kMaxSpecialBytes)};
    }
    specials.push_back({std::string(text), id});
  }
  return SpecialTokens(std::move(specials));
}

const SpecialToken* SpecialTokens::longest_at(std::string_view text, std::size_t pos) const {
  const Range candidates = first_byte_ranges_[byte_at(text, pos)];
  auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(candidates.begin);
  auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(candidates.end);
  const SpecialToken* longest = nullptr;
  // All tokens in [begin, end) agree with the text in their first `length` bytes.
  for (std::size_t length = 1; begin != end; ++length) {
    if (begin->text.size() == length)
      longest = &*begin++;  // a whole match sorts before its extensions
    if (pos + length == text.size()) break;
    const unsigned char next = byte_at(text, pos + length);
    begin = std::partition_point(
        begin, end, [&](const SpecialToken& token) { return byte_at(token.text, length) < next; });
    end = std::partition_point(
        begin, end, [&](const SpecialToken& token) { return byte_at(token.text, length) == next; });
  }
  return longest;
}

std::optional<SpecialTokens::Match> SpecialTokens::find(std::string_view text,
                                                        std::size_t from) const {
  for (std::size_t pos = from; pos < text.size(); ++pos) {
    if (first_byte_ranges_[byte_at(text, pos)].end == 0) continue;
    if (const SpecialToken* token = longest_at(text, pos)) {
      return Match{pos, pos + token->text.size(), token->id};
    }
  }
  return std::nullopt;
}

}  // namespace pincer::bpe
