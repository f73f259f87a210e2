#include "server/api/logprobs_fields.h"

#include <cstdint>

#include "server/api/request_limits.h"

namespace pincer {

void parse_logprobs(JsonFields& fields, ChatRequest& chat) {
  fields.boolean("logprobs", chat.want_logprobs);
  std::int64_t top = 0;
  if (!fields.integer("top_logprobs", top, 0, kMaxTopLogprobs)) return;
  if (!chat.want_logprobs) fields.wrong_value("top_logprobs", "it needs 'logprobs' to be true");
  chat.top_logprobs = static_cast<int>(top);
}

}  // namespace pincer
