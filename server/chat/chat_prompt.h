// From a request to what the model reads.
#pragma once

#include "pincer/engine/chat_template.h"
#include "pincer/server/backend.h"

namespace pincer {

// Errors: as Backend::prompt.
Result<Prompt> make_prompt(const ChatRequest& request, const ChatTemplate& chat,
                           const Tokenizer& tokenizer, int context);

}  // namespace pincer
