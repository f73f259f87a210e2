// The engine in a process of its own: what crashes or freezes it leaves the server alone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "server/upstream/upstream.h"

namespace pincer {

// How a worker is started, but for its address and model.
struct WorkerCommand {
  std::vector<std::string> argv;  // "pincer", "serve", …
  // Takes the last hold of one: the end of its process may take seconds, and the caller may have
  // streams to serve. Null: it is waited for at once.
  std::function<void(std::shared_ptr<void> worker)> end;
};

// Runs `command` with a Unix socket in a folder that only this user can enter, starts it again when
// it dies, and speaks to it as to a remote server. Of `config.models` the first one is loaded.
// Errors: io (no such folder can be made).
Result<std::shared_ptr<Upstream>> make_worker_upstream(UpstreamConfig config,
                                                       const WorkerCommand& command);

}  // namespace pincer
