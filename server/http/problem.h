// Why a request is refused, free of any API's error body.
#pragma once

#include <optional>
#include <string>

namespace pincer {

struct Problem {
  unsigned status = 400;                       // HTTP
  std::string message = {};                    // names the thing and the way out
  std::string type = "invalid_request_error";  // OpenAI's vocabulary, which the other APIs map from
  std::optional<std::string> param = {};       // the field of the body that is wrong
  std::optional<std::string> code = {};        // for programs: "model_not_found"
  int retry_after_seconds = 0;                 // 0: no Retry-After
};

}  // namespace pincer
