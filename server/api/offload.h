// Work that an I/O thread must not do: all other clients would wait for it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <type_traits>
#include <utility>

#include "server/api/api.h"
#include "server/http/exchange.h"

namespace pincer {

// Bodies up to this are taken apart in less time than it takes to hand them over: about 0.2 ms.
inline constexpr std::size_t kInlineBytes = 64 << 10;

template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> call(Work work) {
  co_return work();
}

// What `work` returns; it is called on a worker if it is about more than kInlineBytes, else at
// once.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(const Api& api, std::size_t bytes, Work work) {
  if (bytes <= kInlineBytes) co_return work();
  auto task = call(std::move(work));
  co_return co_await asio::co_spawn(api.workers.get_executor(), std::move(task),
                                    asio::use_awaitable);
}

// What `parse` makes of the request's body, which is taken, of `more`, and of how deep JSON may be.
template <class Parse, class... More>
auto parse_body(const Api& api, Exchange& exchange, Parse parse, const More&... more) {
  const std::size_t bytes = exchange.request().body.size();
  auto work = std::bind_front(parse, exchange.take_body(), more..., exchange.limits().json_depth);
  return offload(api, bytes, std::move(work));
}

}  // namespace pincer
