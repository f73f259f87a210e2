// OpenAI's error body: https://platform.openai.com/docs/guides/error-codes
#pragma once

#include <string>

#include "pincer/engine/result.h"
#include "server/http/problem.h"
#include "server/http/response.h"

namespace pincer {

// {"error":{"message":…,"type":…,"param":…,"code":…}}
std::string openai_error_body(const Problem& problem);
Response openai_error_response(const Problem& problem);

// What a backend's error means to the client.
Problem backend_problem(const Error& error);
Problem model_not_found(const std::string& model);
// Why a model could not be loaded.
Problem load_problem(const std::string& model, const Error& error);

}  // namespace pincer
