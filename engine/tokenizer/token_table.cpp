#include "engine/tokenizer/token_table.h"

#include <cassert>
#include <limits>

namespace pincer::bpe {
namespace {

constexpr std::size_t kMaxTokens = std::numeric_limits<TokenId>::max();

bool is_token_type(std::int64_t value) {
  return value >= static_cast<std::int64_t>(TokenType::normal) &&
         value <= static_cast<std::int64_t>(TokenType::byte);
}

Result<void> check_sizes(std::size_t texts, std::size_t types) {
  if (texts == 0 || texts > kMaxTokens) {
    return Error{ErrorCode::corrupt, "tokenizer.ggml.tokens has " + std::to_string(texts) +
                                         " entries, which is not a usable vocabulary"};
  }
  if (types != 0 && types != texts) {
    return Error{ErrorCode::corrupt, "tokenizer.ggml.token_type has " + std::to_string(types) +
                                         " entries, but tokenizer.ggml.tokens has " +
                                         std::to_string(texts)};
  }
  return {};
}

}  // namespace

Result<TokenTable> TokenTable::make(std::span<const std::string> texts,
                                    std::span<const std::int64_t> types, Spelling spelling) {
  if (const Result<void> sizes = check_sizes(texts.size(), types.size()); !sizes) {
    return sizes.error();
  }
  TokenTable table;
  table.types_.reserve(texts.size());
  table.offsets_.reserve(texts.size() + 1);
  table.offsets_.push_back(0);
  for (std::size_t id = 0; id < texts.size(); ++id) {
    const std::int64_t type = types.empty() ? 1 : types[id];
    if (!is_token_type(type)) {
      return Error{ErrorCode::corrupt, "tokenizer.ggml.token_type[" + std::to_string(id) + "] is " +
                                           std::to_string(type) + ", but types are 1 to 6"};
    }
    table.types_.push_back(static_cast<TokenType>(type));
    table.bytes_ += spelling(texts[id], table.types_.back());
    table.offsets_.push_back(table.bytes_.size());
  }
  return table;
}

std::string_view TokenTable::bytes(TokenId id) const {
  assert(contains(id));
  const auto index = static_cast<std::size_t>(id);
  const std::size_t begin = offsets_[index];
  return std::string_view(bytes_).substr(begin, offsets_[index + 1] - begin);
}

}  // namespace pincer::bpe
