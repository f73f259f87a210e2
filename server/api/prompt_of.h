// What a model would read of a request, for those who look at it first.
#pragma once

#include <memory>
#include <vector>

#include "pincer/server/backend.h"
#include "server/api/api.h"

namespace pincer {

// Backend::prompt on one of the workers.
asio::awaitable<Result<Prompt>> prompt_of(const Api& api, std::shared_ptr<Backend> backend,
                                          ChatRequest request);

// The same for a text alone; with the token that begins texts, where the model has one and
// `add_begin`.
asio::awaitable<std::vector<TokenId>> tokens_of(const Api& api, std::shared_ptr<Backend> backend,
                                                TextPiece text, bool add_begin);

}  // namespace pincer
