// Parts of read_router_config(), one for each thing that a list of the file holds.
#pragma once

#include <yaml-cpp/node/node.h>

#include "server/route/route_config.h"

namespace pincer {

UpstreamConfig read_upstream_section(const YAML::Node& node);
// `config` has the upstreams already.
RouteConfig read_route_section(const YAML::Node& node, const RouterConfig& config);
RoutePolicy read_policy_section(const YAML::Node& node, const RouterConfig& config,
                                LoadControl& load);
HistoryConfig read_storage_section(const YAML::Node& node);

// Refuses the text of `node` where no upstream has that name.
void require_upstream(const YAML::Node& node, const RouterConfig& config);

}  // namespace pincer
