// A request whose model is not loaded waits for it.
#pragma once

#include <memory>
#include <optional>

#include "pincer/server/model_opener.h"
#include "server/http/exchange.h"

namespace pincer {

// The model's backend, or why there is none; nothing when the client left meanwhile.
asio::awaitable<std::optional<Result<std::shared_ptr<Backend>>>> wait_for_model(ModelOpener& opener,
                                                                                Exchange& exchange,
                                                                                std::string name);

}  // namespace pincer
