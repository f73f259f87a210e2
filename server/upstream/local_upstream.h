// The models of this process as an upstream.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "pincer/server/models.h"
#include "server/upstream/upstream.h"

namespace pincer {

// Of the timeouts, `first_token` and `inter_token` say how long an engine may make no step while
// it has work: waiting in its queue is no failure. Loading a model may take as long as the request
// may wait for its turn.
std::shared_ptr<Upstream> make_local_upstream(UpstreamConfig config, std::shared_ptr<Models> models,
                                              asio::thread_pool& workers);

}  // namespace pincer
