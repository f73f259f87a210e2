#include "engine/tokenizer/token_roles.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "engine/tokenizer/end_tokens.h"

namespace pincer::bpe {

bool TokenRoles::is_end(TokenId id) const {
  return std::binary_search(end_tokens.begin(), end_tokens.end(), id);
}

Result<TokenId> checked_id(std::string_view key, std::optional<std::int64_t> value,
                           const TokenTable& tokens) {
  if (!value) return kNoToken;
  if (!tokens.contains(*value)) {
    return Error{ErrorCode::corrupt, std::string(key) + " is " + std::to_string(*value) +
                                         ", but the vocabulary has tokens 0 to " +
                                         std::to_string(tokens.size() - 1)};
  }
  return static_cast<TokenId>(*value);
}

Result<TokenRoles> make_roles(const Vocabulary& vocabulary, const TokenTable& tokens,
                              bool add_bos) {
  TokenRoles roles;
  TokenId eot = kNoToken;
  TokenId eom = kNoToken;
  for (const auto& [key, value, id] :
       {std::tuple{"tokenizer.ggml.bos_token_id", vocabulary.bos, &roles.bos},
        std::tuple{"tokenizer.ggml.eos_token_id", vocabulary.eos, &roles.eos},
        std::tuple{"tokenizer.ggml.eot_token_id", vocabulary.eot, &eot},
        std::tuple{"tokenizer.ggml.eom_token_id", vocabulary.eom, &eom}}) {
    const Result<TokenId> checked = checked_id(key, value, tokens);
    if (!checked) return checked.error();
    *id = *checked;
  }
  if (vocabulary.add_bos == true && roles.bos == kNoToken) {
    return Error{
        ErrorCode::corrupt,
        "tokenizer.ggml.add_bos_token is true, but tokenizer.ggml.bos_token_id is missing"};
  }
  roles.add_bos = vocabulary.add_bos.value_or(add_bos && roles.bos != kNoToken);
  roles.add_eos = vocabulary.add_eos.value_or(false) && roles.eos != kNoToken;
  for (const TokenId id : {roles.eos, eot, eom}) {
    if (id != kNoToken) roles.end_tokens.push_back(id);
  }
  for (TokenId id = 0; id < tokens.size(); ++id) {
    if (tokens.is_control(id) && is_end_of_turn_name(tokens.bytes(id))) {
      roles.end_tokens.push_back(id);
    }
  }
  std::sort(roles.end_tokens.begin(), roles.end_tokens.end());
  return roles;
}

}  // namespace pincer::bpe
