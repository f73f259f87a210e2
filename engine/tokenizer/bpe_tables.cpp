#include "engine/tokenizer/bpe_tables.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/end_tokens.h"
#include "engine/tokenizer/quote_text.h"

namespace pincer::bpe {
namespace {

using TokenIndex = std::unordered_map<std::string_view, TokenId>;

// The search for special tokens takes time in proportion to the longest. Real ones have less than
// 100 bytes.
constexpr std::size_t kMaxSpecialBytes = 1024;

Error corrupt(std::string message) { return {ErrorCode::corrupt, std::move(message)}; }

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

Result<SpecialTokens> make_specials(const TokenTable& tokens) {
  std::vector<SpecialToken> specials;
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (tokens.type(id) != TokenType::control && tokens.type(id) != TokenType::user_defined)
      continue;
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

// Stores a checked id, or kNoToken when the file names none.
Result<void> set_id(std::string_view key, std::optional<std::int64_t> value,
                    const TokenTable& tokens, TokenId& id) {
  id = kNoToken;
  if (!value) return {};
  if (!tokens.contains(*value)) {
    return corrupt(std::string(key) + " is " + std::to_string(*value) +
                   ", but the vocabulary has tokens 0 to " + std::to_string(tokens.size() - 1));
  }
  id = static_cast<TokenId>(*value);
  return {};
}

// Sets bos, eos, add_bos and end_tokens; the other tables are complete.
Result<void> set_roles(const BpeVocabulary& vocabulary, BpeTables& tables) {
  TokenId eot = kNoToken;
  TokenId eom = kNoToken;
  for (const auto& [key, value, id] :
       {std::tuple{"tokenizer.ggml.bos_token_id", vocabulary.bos, &tables.bos},
        std::tuple{"tokenizer.ggml.eos_token_id", vocabulary.eos, &tables.eos},
        std::tuple{"tokenizer.ggml.eot_token_id", vocabulary.eot, &eot},
        std::tuple{"tokenizer.ggml.eom_token_id", vocabulary.eom, &eom}}) {
    if (const Result<void> set = set_id(key, value, tables.tokens, *id); !set) return set.error();
  }
  tables.add_bos = vocabulary.add_bos;
  if (tables.add_bos && tables.bos == kNoToken) {
    return corrupt(
        "tokenizer.ggml.add_bos_token is true, but tokenizer.ggml.bos_token_id is missing");
  }
  for (const TokenId id : {tables.eos, eot, eom}) {
    if (id != kNoToken) tables.end_tokens.push_back(id);
  }
  for (TokenId id = 0; id < tables.tokens.size(); ++id) {
    if (tables.tokens.is_control(id) && is_end_of_turn_name(tables.tokens.bytes(id))) {
      tables.end_tokens.push_back(id);
    }
  }
  std::sort(tables.end_tokens.begin(), tables.end_tokens.end());
  return {};
}

}  // namespace

Result<BpeTables> make_bpe_tables(const BpeVocabulary& vocabulary) {
  const PreTokenizer* pre = find_pretokenizer(vocabulary.pre);
  if (pre == nullptr) {
    return Error{ErrorCode::unsupported, "tokenizer.ggml.pre is " + quote_text(vocabulary.pre) +
                                             "; supported are " + pretokenizer_names()};
  }
  Result<TokenTable> tokens = TokenTable::make(vocabulary.tokens, vocabulary.token_types);
  if (!tokens) return tokens.error();
  const Result<TokenIndex> index = index_tokens(vocabulary.tokens);
  if (!index) return index.error();
  Result<MergeTable> merges = make_merges(vocabulary.merges, *index, *tokens);
  if (!merges) return merges.error();
  Result<SpecialTokens> specials = make_specials(*tokens);
  if (!specials) return specials.error();
  const std::array<TokenId, 256> byte_tokens = find_byte_tokens(*index, *tokens);
  BpeTables tables{.tokens = std::move(*tokens),
                   .merges = std::move(*merges),
                   .specials = std::move(*specials),
                   .byte_tokens = byte_tokens,
                   .word_end = pre->word_end,
                   .end_tokens = {}};
  if (const Result<void> set = set_roles(vocabulary, tables); !set) return set.error();
  return tables;
}

}  // namespace pincer::bpe
