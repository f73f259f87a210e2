// What a client is told when no upstream has answered.
#pragma once

#include <optional>
#include <string>

#include "server/http/problem.h"
#include "server/upstream/failure.h"

namespace pincer {

// Of the last failure; none: nothing was tried.
Problem flight_problem(const std::optional<UpstreamFailure>& failure, const std::string& route,
                       int attempts);

}  // namespace pincer
