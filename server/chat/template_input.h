// A request as the variables of a chat template.
#pragma once

#include "pincer/engine/jinja.h"
#include "pincer/engine/result.h"
#include "pincer/server/chat_request.h"
#include "server/chat/template_traits.h"

namespace pincer {

// Whether the tools are to be shown to the model.
bool shows_tools(const ChatRequest& request);

struct TemplateInput {
  jinja::Object variables;
  bool has_calls = false;  // of earlier turns
  bool thinks = true;      // the template was told to let the model think
};

// Beside what the request says, a template is told today's date and whether the model shall think:
// as the request says, else as the server does.
// As transformers passes messages: the arguments of calls are objects, or strings for templates
// that want these. Error: invalid_argument (arguments or parameters that are no JSON object).
enum class ArgumentsAs { objects, strings };
Result<TemplateInput> template_input(const ChatRequest& request, const TemplateTraits& traits,
                                     ArgumentsAs arguments);

}  // namespace pincer
