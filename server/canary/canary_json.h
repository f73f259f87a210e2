// A canary's state for people and programs.
#pragma once

#include <boost/json.hpp>

#include "server/canary/canary.h"

namespace pincer {

boost::json::object canary_json(const std::string& route, const CanaryStatus& status);

}  // namespace pincer
