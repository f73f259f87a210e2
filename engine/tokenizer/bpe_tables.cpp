#include "engine/tokenizer/bpe_tables.h"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/quote_text.h"

namespace pincer::bpe {
namespace {

using TokenIndex = std::unordered_map<std::string_view, TokenId>;

Error corrupt(std::string message) { return {ErrorCode::corrupt, std::move(message)}; }

// Normal tokens are written in the byte alphabet, control and user-defined ones as they are. Some
// vocabularies mark added tokens as normal; their text is then outside the alphabet and stands for
// itself.
std::string byte_level_spelling(const std::string& text, TokenType type) {
  const bool plain = type == TokenType::user_defined || is_control_type(type);
  return plain ? text : bytes_from_symbols(text).value_or(text);
}

Result<TokenIndex> index_tokens(std::span<const std::string> tokens) {
  TokenIndex index;
  index.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const auto [first, is_new] = index.emplace(tokens[id], static_cast<TokenId>(id));
    if (!is_new) {
      return corrupt("tokenizer.ggml.tokens has " + quote_text(tokens[id]) + " twice, as token " +
                     std::to_string(first->second) + " and token " + std::to_string(id));
    }
  }
  return index;
}

TokenId find_token(const TokenIndex& index, std::string_view text) {
  const auto found = index.find(text);
  return found == index.end() ? kNoToken : found->second;
}

std::array<TokenId, 256> find_byte_tokens(const TokenIndex& index, const TokenTable& tokens) {
  std::array<TokenId, 256> byte_tokens{};
  for (std::size_t byte = 0; byte < byte_tokens.size(); ++byte) {
    const TokenId id = find_token(index, byte_symbol(static_cast<unsigned char>(byte)));
    byte_tokens[byte] = id != kNoToken && !tokens.is_control(id) ? id : kNoToken;
  }
  return byte_tokens;
}

// Adds the merge `text`, "left right", to the table.
Result<void> add_merge(const std::string& text, std::uint32_t rank, const TokenIndex& index,
                       const TokenTable& tokens, MergeTable& merges) {
  const auto where = [&] {
    return "tokenizer.ggml.merges[" + std::to_string(rank) + "], " + quote_text(text) + ", ";
  };
  const std::size_t space = text.find(' ');
  if (space == 0 || space == std::string::npos || space + 1 == text.size() ||
      text.find(' ', space + 1) != std::string::npos) {
    return corrupt(where() + "is not two tokens with a space between them");
  }
  const std::string_view left = std::string_view(text).substr(0, space);
  const std::string_view right = std::string_view(text).substr(space + 1);
  const TokenId left_id = find_token(index, left);
  const TokenId right_id = find_token(index, right);
  const std::string joined = std::string(left).append(right);
  const TokenId joined_id = find_token(index, joined);
  for (const auto& [part, id] : {std::pair{left, left_id}, std::pair{right, right_id},
                                 std::pair{std::string_view(joined), joined_id}}) {
    if (id == kNoToken)
      return corrupt(where() + "needs the token " + quote_text(part) + ", which is missing");
  }
  // Without its merge a control token cannot come out of a user's words.
  if (!tokens.is_control(joined_id)) merges.insert(left_id, right_id, {rank, joined_id});
  return {};
}

Result<MergeTable> make_merges(std::span<const std::string> texts, const TokenIndex& index,
                               const TokenTable& tokens) {
  if (texts.size() > std::numeric_limits<std::uint32_t>::max()) {
    return corrupt("tokenizer.ggml.merges has " + std::to_string(texts.size()) + " entries");
  }
  MergeTable merges(texts.size());
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    const Result<void> added =
        add_merge(texts[rank], static_cast<std::uint32_t>(rank), index, tokens, merges);
    if (!added) return added.error();
  }
  return merges;
}

}  // namespace

Result<BpeTables> make_bpe_tables(const BpeVocabulary& vocabulary) {
  const PreTokenizer* pre = find_pretokenizer(vocabulary.pre);
  if (pre == nullptr) {
    return Error{ErrorCode::unsupported, "tokenizer.ggml.pre is " + quote_text(vocabulary.pre) +
                                             "; supported are " + pretokenizer_names()};
  }
  Result<TokenTable> tokens =
      TokenTable::make(vocabulary.tokens, vocabulary.token_types, byte_level_spelling);
  if (!tokens) return tokens.error();
  const Result<TokenIndex> index = index_tokens(vocabulary.tokens);
  if (!index) return index.error();
  Result<MergeTable> merges = make_merges(vocabulary.merges, *index, *tokens);
  if (!merges) return merges.error();
  Result<SpecialTokens> specials =
      SpecialTokens::of(*tokens, {TokenType::control, TokenType::user_defined});
  if (!specials) return specials.error();
  Result<TokenRoles> roles = make_roles(vocabulary, *tokens, pre->add_bos);
  if (!roles) return roles.error();
  std::optional<PieceIndex> words;
  if (pre->whole_words) words.emplace(*tokens);
  const std::array<TokenId, 256> byte_tokens = find_byte_tokens(*index, *tokens);
  return BpeTables{.tokens = std::move(*tokens),
                   .merges = std::move(*merges),
                   .specials = std::move(*specials),
                   .byte_tokens = byte_tokens,
                   .words = std::move(words),
                   .pre = pre,
                   .roles = std::move(*roles)};
}

}  // namespace pincer::bpe
