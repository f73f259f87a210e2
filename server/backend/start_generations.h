// Starts generations without holding up the I/O thread.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <variant>
#include <vector>

#include "pincer/server/backend.h"
#include "server/http/types.h"

namespace pincer {

// One request's part of a start.
struct GenerationJob {
  ChatRequest request;
  std::vector<std::shared_ptr<TokenStream>> streams;  // a choice each
};

// Not a Result: what co_spawn returns must have a default.
using StartedGenerations = std::variant<std::vector<GenerationStart>, Error>;

// Backend::generate for each job: at once where that takes little, else on one of `workers`. All or
// none of them run then.
asio::awaitable<StartedGenerations> start_generations(asio::thread_pool& workers,
                                                      std::shared_ptr<Backend> backend,
                                                      std::vector<GenerationJob> jobs);

}  // namespace pincer
