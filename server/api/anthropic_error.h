// Anthropic's error body: https://docs.anthropic.com/en/api/errors
#pragma once

#include <string>

#include "server/http/problem.h"
#include "server/http/response.h"

namespace pincer {

// {"type":"error","error":{"type":…,"message":…}}
std::string anthropic_error_body(const Problem& problem);
Response anthropic_error_response(const Problem& problem);

}  // namespace pincer
