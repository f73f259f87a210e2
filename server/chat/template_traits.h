// What a model's chat template can do beyond plain messages, found out by trying it.
#pragma once

#include <string>

#include "pincer/engine/chat_template.h"
#include "pincer/server/answer_format.h"

namespace pincer {

struct TemplateTraits {
  // The marks between which it thinks; empty: it does not.
  std::string think_begin, think_end;
  // How it calls tools that its template shows it. None: the template does not show them, or in a
  // way that is not known here; then the system message has to.
  AnswerFormat::Calls calls = AnswerFormat::Calls::none;
  bool thinking_switch = false;   // it looks at `enable_thinking`
  bool thinks = true;             // unless a request says otherwise: the server's choice
  bool wants_functions = false;   // fails without `functions`, the JSON text of some
  bool reasoning_effort = false;  // it looks at `reasoning_effort`
  bool short_call_ids = false;    // it refuses ids of calls that are not 9 letters and digits
};

TemplateTraits template_traits(const ChatTemplate& chat);

}  // namespace pincer
