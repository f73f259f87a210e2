// Whether a server gets on: its I/O threads and its engines.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "pincer/server/models.h"
#include "pincer/server/server.h"

namespace pincer {

// Compares with the last look. Belongs to one thread.
class Liveness {
 public:
  Liveness(Server& server, std::shared_ptr<Models> models)
      : server_(server), models_(std::move(models)) {}

  // False: the I/O threads did nothing since the last look, not even what that one asked of them;
  // or an engine that had work then and has some now took no turn since.
  bool look();

 private:
  bool engines_moved();

  Server& server_;
  std::shared_ptr<Models> models_;
  std::uint64_t beats_ = 0;
  bool first_ = true;
  std::map<std::string, std::int64_t> busy_;  // turns of the engines that had work
};

}  // namespace pincer
