// What SIGHUP changes in a running server, and what it cannot.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pincer/server/server.h"
#include "server/cli/serve_config.h"
#include "server/cli/served_models.h"

namespace pincer {

// The names of the settings that differ and are only read at the start.
std::vector<std::string> restart_only_changes(const ServeConfig& before, const ServeConfig& after);

// What the server needs of the configuration. Errors: those of the files that it names.
Result<ServerOptions> server_options(const ServeConfig& config);

// Of the file, unless PINCER_LOG says something else.
void set_log_level(const ServeConfig& config);

// Belongs to one thread.
class ServeReload {
 public:
  // `read` gives the configuration as it is now, flags included.
  ServeReload(std::function<Result<ServeConfig>()> read, ServeConfig config, Server& server,
              std::shared_ptr<ServedModels> models)
      : read_(std::move(read)),
        config_(std::move(config)),
        server_(server),
        models_(std::move(models)) {}

  // Takes over what can be changed, or nothing when anything of it cannot be read; logs either.
  void operator()();

 private:
  Result<void> apply();

  std::function<Result<ServeConfig>()> read_;
  ServeConfig config_;
  Server& server_;
  std::shared_ptr<ServedModels> models_;
};

}  // namespace pincer
