// From a remote server's words to the classes that routing acts on.
#pragma once

#include <string_view>

#include "server/upstream/failure.h"

namespace pincer {

// Of a response with this status, in OpenAI's or Anthropic's error body or none that is known. A
// model that the upstream does not have is the operator's mistake: `auth`, since it needs people.
UpstreamFailure remote_failure(int status, std::string_view body);
// Of an error inside a stream, whose body has the same form.
UpstreamFailure failure_in_stream(std::string_view body);
// The value of Retry-After: seconds, or a date of HTTP; 0 if it is neither.
std::chrono::milliseconds parse_retry_after(std::string_view value);

}  // namespace pincer
