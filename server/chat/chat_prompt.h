// From a request to what the model reads, and to how it will answer.
#pragma once

#include "pincer/engine/chat_template.h"
#include "pincer/server/backend.h"
#include "server/chat/template_traits.h"

namespace pincer {

// Errors: as Backend::prompt.
Result<Prompt> make_prompt(const ChatRequest& request, const ChatTemplate& chat,
                           const TemplateTraits& traits, const Tokenizer& tokenizer, int context);

}  // namespace pincer
