// The life of one client connection: requests one after the other, each within its limits.
#pragma once

#include <memory>

#include "server/http/listen_address.h"
#include "server/http/site.h"
#include "server/http/wire.h"

namespace pincer {

// Run on the wire's executor. `loopback`: the listener is bound to it.
asio::awaitable<void> serve_connection(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site,
                                       Speech speech, bool loopback);

// Of plain HTTP: answers 503 and closes: there are too many connections.
asio::awaitable<void> refuse_connection(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site);

}  // namespace pincer
