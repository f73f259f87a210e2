// How long a client says that it will wait for its whole answer.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "pincer/engine/result.h"
#include "server/http/request.h"

namespace pincer {

// "30" and "30s" (seconds), "1.5", "500ms", "2m"; more than 0, at most a day. Error
// invalid_argument names the forms.
Result<std::chrono::milliseconds> parse_timeout(std::string_view text);

// The smaller of x-request-timeout and x-envoy-expected-rq-timeout-ms, which an Envoy in front
// sends; nothing where neither is there. Error: as above.
Result<std::optional<std::chrono::milliseconds>> request_timeout(const Request& request);

}  // namespace pincer
