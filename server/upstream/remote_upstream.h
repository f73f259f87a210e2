// A server somewhere that speaks a known API over HTTP/1.1.
#pragma once

#include <memory>

#include "pincer/engine/result.h"
#include "server/upstream/dialect.h"

namespace pincer {

// Connections are kept for later requests. Redirects are not followed. The key is read here, once,
// from the variable or file that the configuration names, and shown to nobody but the upstream.
// Errors: invalid_argument, io; each names the upstream and what is wrong.
Result<std::shared_ptr<Upstream>> make_remote_upstream(UpstreamConfig config,
                                                       const Dialect& dialect);

}  // namespace pincer
