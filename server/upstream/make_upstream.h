// The upstream that a configuration describes.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "pincer/server/models.h"
#include "server/upstream/upstream.h"
#include "server/upstream/worker_upstream.h"

namespace pincer {

// Errors: invalid_argument, io (a key that is not there, a file that cannot be read, an address
// that is none): each names the upstream and the way out.
Result<std::shared_ptr<Upstream>> make_upstream(const UpstreamConfig& config,
                                                std::shared_ptr<Models> models,
                                                asio::thread_pool& workers,
                                                const WorkerCommand& command);

}  // namespace pincer
