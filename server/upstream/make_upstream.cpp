#include "server/upstream/make_upstream.h"

#include <utility>

#include "server/upstream/dialect.h"
#include "server/upstream/local_upstream.h"
#include "server/upstream/remote_upstream.h"
#include "server/upstream/worker_upstream.h"

namespace pincer {

Result<std::shared_ptr<Upstream>> make_upstream(const UpstreamConfig& config,
                                                std::shared_ptr<Models> models,
                                                asio::thread_pool& workers,
                                                const WorkerCommand& command) {
  switch (config.kind) {
    case UpstreamConfig::Kind::engine:
      return make_local_upstream(config, std::move(models), workers);
    case UpstreamConfig::Kind::worker:
      return make_worker_upstream(config, command);
    case UpstreamConfig::Kind::anthropic:
      return make_remote_upstream(config, anthropic_dialect());
    case UpstreamConfig::Kind::openai:
      break;
  }
  return make_remote_upstream(config, openai_dialect());
}

}  // namespace pincer
