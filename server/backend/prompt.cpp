#include "server/backend/prompt.h"

#include <fmt/format.h>

namespace pincer {

Result<std::vector<TokenId>> encode_prompt(const Tokenizer& tokenizer,
                                           std::span<const TextPiece> pieces, int context) {
  std::vector<TokenId> tokens = tokenizer.encode(pieces);
  const TokenId bos = tokenizer.bos();
  if (tokenizer.add_bos() && bos >= 0 && (tokens.empty() || tokens.front() != bos)) {
    tokens.insert(tokens.begin(), bos);
  }
  if (auto fits = check_prompt(tokens, context); !fits) return fits.error();
  return tokens;
}

Result<void> check_prompt(std::span<const TokenId> tokens, int context) {
  if (tokens.empty()) return Error{ErrorCode::invalid_argument, "The prompt is empty."};
  if (tokens.size() >= static_cast<std::size_t>(context)) {
    return Error{ErrorCode::limit, fmt::format("This model's context is {} tokens and the messages "
                                               "take {}: shorten them to at most {} "
                                               "tokens.",
                                               context, tokens.size(), context - 1)};
  }
  return {};
}

}  // namespace pincer
