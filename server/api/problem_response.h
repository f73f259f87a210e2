// Refusals that come before a handler does.
#pragma once

#include <string_view>

#include "server/http/problem.h"
#include "server/http/response.h"

namespace pincer {

// In the error body of the API that `path` belongs to.
Response problem_response(const Problem& problem, std::string_view path);

}  // namespace pincer
