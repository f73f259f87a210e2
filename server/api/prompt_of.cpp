#include "server/api/prompt_of.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <span>
#include <utility>

namespace pincer {
namespace {

// Asio wants what it hands over to have a default.
asio::awaitable<std::optional<Result<Prompt>>> render(std::shared_ptr<Backend> backend,
                                                      ChatRequest request) {
  co_return backend->prompt(request);
}

asio::awaitable<std::vector<TokenId>> encode(std::shared_ptr<Backend> backend, TextPiece text,
                                             bool add_begin) {
  const Tokenizer& tokenizer = backend->tokenizer();
  std::vector<TokenId> tokens = tokenizer.encode(std::span(&text, 1));
  const TokenId bos = tokenizer.bos();
  if (add_begin && tokenizer.add_bos() && bos >= 0 && (tokens.empty() || tokens.front() != bos))
    tokens.insert(tokens.begin(), bos);
  co_return tokens;
}

}  // namespace

asio::awaitable<Result<Prompt>> prompt_of(const Api& api, std::shared_ptr<Backend> backend,
                                          ChatRequest request) {
  auto task = render(std::move(backend), std::move(request));
  auto rendered =
      co_await asio::co_spawn(api.workers.get_executor(), std::move(task), asio::use_awaitable);
  co_return *std::move(rendered);
}

asio::awaitable<std::vector<TokenId>> tokens_of(const Api& api, std::shared_ptr<Backend> backend,
                                                TextPiece text, bool add_begin) {
  auto task = encode(std::move(backend), std::move(text), add_begin);
  co_return co_await asio::co_spawn(api.workers.get_executor(), std::move(task),
                                    asio::use_awaitable);
}

}  // namespace pincer
