#include "server/api/problem_response.h"

#include "server/api/anthropic_error.h"
#include "server/api/ollama_error.h"
#include "server/api/openai_error.h"

namespace pincer {

Response problem_response(const Problem& problem, std::string_view path) {
  if (path.starts_with("/v1/messages")) return anthropic_error_response(problem);
  if (path.starts_with("/api/")) return ollama_error_response(problem);
  return openai_error_response(problem);
}

}  // namespace pincer
