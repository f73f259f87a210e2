// A client of the framed protocol: several answers at once over one connection.
#pragma once

#include <memory>

#include "server/api/api.h"

namespace pincer {

// Run on the wire's executor, until the client leaves or breaks the protocol.
asio::awaitable<void> serve_framed(const Api& api, std::shared_ptr<Wire> wire);

}  // namespace pincer
