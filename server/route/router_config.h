// Reads the router's part of the YAML file of `pincer serve`: docs/router.md.
#pragma once

#include <yaml-cpp/node/node.h>

#include <string>
#include <vector>

#include "server/route/route_config.h"

namespace pincer {

// The keys of the file's first level that are the router's.
const std::vector<std::string>& router_config_keys();

// Reads those keys of `root`, a map, over what `config` has. Throws YAML::Exception with the line:
// an unknown key, a wrong value, the name of an upstream that is not there, a rule that does not
// parse.
void read_router_config(const YAML::Node& root, RouterConfig& config);

}  // namespace pincer
