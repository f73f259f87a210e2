// The key that opens an upstream.
#pragma once

#include <string>

#include "pincer/engine/result.h"
#include "server/route/route_config.h"

namespace pincer {

// From the variable or the file that the configuration names; empty if it names none. Errors:
// invalid_argument (the variable is not set, the key cannot stand in a header), io: each names the
// variable or file, never what is in it.
Result<std::string> read_api_secret(const UpstreamConfig& config);

}  // namespace pincer
