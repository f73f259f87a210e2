#include "engine/tokenizer/spm_tables.h"

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/tokenizer/quote_text.h"

namespace pincer::bpe {
namespace {

// A look-up takes time in proportion to the longest token. Real ones have less than 200 bytes.
constexpr std::size_t kMaxPieceBytes = 1024;

Error corrupt_spm(std::string message) { return {ErrorCode::corrupt, std::move(message)}; }

// The byte that "<0x0A>" names.
std::optional<unsigned char> byte_of_name(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (name.size() != 6 || !name.starts_with("<0x") || name.back() != '>') return std::nullopt;
  const std::size_t high = kHex.find(name[3]);
  const std::size_t low = kHex.find(name[4]);
  if (high == kHex.npos || low == kHex.npos) return std::nullopt;
  return static_cast<unsigned char>(high << 4 | low);
}

std::string spelling(const std::string& text, TokenType type) {
  if (is_control_type(type)) return text;
  if (type == TokenType::byte) {
    const auto byte = byte_of_name(text);
    return byte ? std::string(1, static_cast<char>(*byte)) : text;
  }
  return with_spaces(text);
}

Result<std::array<TokenId, 256>> find_byte_tokens(const SpmVocabulary& vocabulary,
                                                  const TokenTable& tokens) {
  std::array<TokenId, 256> byte_tokens{};
  byte_tokens.fill(kNoToken);
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (tokens.type(id) != TokenType::byte) continue;
    const std::string& name = vocabulary.tokens[static_cast<std::size_t>(id)];
    const auto byte = byte_of_name(name);
    if (!byte) {
      return corrupt_spm("tokenizer.ggml.tokens[" + std::to_string(id) + "] is " +
                         quote_text(name) + ", which is no name of a byte, such as \"<0x0A>\"");
    }
    TokenId& slot = byte_tokens[*byte];
    if (slot == kNoToken) slot = id;
  }
  return byte_tokens;
}

Result<std::vector<float>> check_scores(const SpmVocabulary& vocabulary) {
  if (vocabulary.scores.size() != vocabulary.tokens.size()) {
    return corrupt_spm("tokenizer.ggml.scores has " + std::to_string(vocabulary.scores.size()) +
                       " entries, but tokenizer.ggml.tokens has " +
                       std::to_string(vocabulary.tokens.size()));
  }
  std::vector<float> scores;
  scores.reserve(vocabulary.scores.size());
  for (const double score : vocabulary.scores) {
    // An order needs numbers.
    if (std::isnan(score)) {
      return corrupt_spm("tokenizer.ggml.scores[" + std::to_string(scores.size()) +
                         "] is not a number");
    }
    scores.push_back(static_cast<float>(score));
  }
  return scores;
}

Result<void> check_lengths(const TokenTable& tokens) {
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (tokens.type(id) != TokenType::normal || tokens.bytes(id).size() <= kMaxPieceBytes) continue;
    return Error{ErrorCode::unsupported,
                 "token " + std::to_string(id) + ", " + quote_text(tokens.bytes(id)) + ", has " +
                     std::to_string(tokens.bytes(id).size()) + " bytes; tokens may have up to " +
                     std::to_string(kMaxPieceBytes)};
  }
  return {};
}

// The unknown token of the file, or the only one of that type.
Result<TokenId> find_unknown(const SpmVocabulary& vocabulary, const TokenTable& tokens) {
  if (vocabulary.unknown) {
    return checked_id("tokenizer.ggml.unknown_token_id", vocabulary.unknown, tokens);
  }
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (tokens.type(id) == TokenType::unknown) return id;
  }
  return kNoToken;
}

}  // namespace

std::string with_spaces(std::string_view text) {
  constexpr std::string_view kMark = "\xE2\x96\x81";
  std::string out;
  out.reserve(text.size());
  for (std::size_t pos = 0; pos < text.size();) {
    const bool mark = text.substr(pos, kMark.size()) == kMark;
    out.push_back(mark ? ' ' : text[pos]);
    pos += mark ? kMark.size() : 1;
  }
  return out;
}

Result<SpmTables> make_spm_tables(const SpmVocabulary& vocabulary) {
  Result<TokenTable> tokens = TokenTable::make(vocabulary.tokens, vocabulary.token_types, spelling);
  if (!tokens) return tokens.error();
  Result<std::vector<float>> scores = check_scores(vocabulary);
  if (!scores) return scores.error();
  if (const Result<void> lengths = check_lengths(*tokens); !lengths) return lengths.error();
  const auto byte_tokens = find_byte_tokens(vocabulary, *tokens);
  if (!byte_tokens) return byte_tokens.error();
  const Result<TokenId> unknown = find_unknown(vocabulary, *tokens);
  if (!unknown) return unknown.error();
  Result<SpecialTokens> specials = SpecialTokens::of(*tokens, {TokenType::control});
  if (!specials) return specials.error();
  Result<SpecialTokens> fixed = SpecialTokens::of(*tokens, {TokenType::user_defined});
  if (!fixed) return fixed.error();
  Result<TokenRoles> roles = make_roles(vocabulary, *tokens, true);
  if (!roles) return roles.error();
  PieceIndex pieces(*tokens);
  return SpmTables{.tokens = std::move(*tokens),
                   .scores = std::move(*scores),
                   .pieces = std::move(pieces),
                   .specials = std::move(*specials),
                   .fixed = std::move(*fixed),
                   .byte_tokens = *byte_tokens,
                   .unknown = *unknown,
                   .add_space_prefix = vocabulary.add_space_prefix,
                   .roles = std::move(*roles)};
}

}  // namespace pincer::bpe
