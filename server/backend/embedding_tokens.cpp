#include "server/backend/embedding_tokens.h"

#include <fmt/format.h>

#include <utility>

namespace pincer {
namespace {

std::vector<TokenId> encode(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<TokenId> tokens = tokenizer.encode(text);
  if (tokenizer.add_bos() && tokenizer.bos() >= 0) tokens.insert(tokens.begin(), tokenizer.bos());
  if (tokenizer.add_eos() && tokenizer.eos() >= 0) tokens.push_back(tokenizer.eos());
  return tokens;
}

}  // namespace

Result<std::vector<TokenId>> embedding_tokens(
    const Tokenizer& tokenizer, std::variant<std::string, std::vector<TokenId>> content,
    bool truncate, int context) {
  const std::string* text = std::get_if<std::string>(&content);
  std::vector<TokenId> tokens = text != nullptr
                                    ? encode(tokenizer, *text)
                                    : std::get<std::vector<TokenId>>(std::move(content));
  const auto most = static_cast<std::size_t>(context);
  if (tokens.size() <= most) return tokens;
  if (!truncate) {
    return Error{ErrorCode::limit, fmt::format("This model's context is {} tokens, but the input "
                                               "has {}: shorten it.",
                                               context, tokens.size())};
  }
  tokens.resize(most);
  return tokens;
}

}  // namespace pincer
