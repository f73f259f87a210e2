// Who may look at the traces: what they show tells something about the requests of others.
#pragma once

#include <optional>

#include "server/http/exchange.h"
#include "server/http/problem.h"

namespace pincer {

// Whether the client is on this machine: on loopback or a Unix socket, and not a proxy that asks
// for somebody else.
bool is_local_client(const Exchange& exchange);

// 403, unless the client is local or `everybody` may look.
std::optional<Problem> trace_problem(const Exchange& exchange, bool everybody);

}  // namespace pincer
