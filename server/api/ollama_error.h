// Ollama's error body: https://docs.ollama.com/api/errors
#pragma once

#include <string>

#include "server/http/problem.h"
#include "server/http/response.h"

namespace pincer {

// {"error":"…"}
std::string ollama_error_body(const Problem& problem);
Response ollama_error_response(const Problem& problem);

}  // namespace pincer
