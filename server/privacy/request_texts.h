// Every text of a request that an upstream would be sent.
#pragma once

#include <functional>
#include <string>

#include "pincer/server/chat_request.h"

namespace pincer {

enum class TextKind {
  text,   // anything may stand in it
  json,   // only the contents of its strings may change
  fixed,  // must stay as it is: identifiers, grammars, the template's options
};

// In the order of the conversation, then the tools and the rest; the same each time.
void for_each_text(ChatRequest& request, const std::function<void(std::string&, TextKind)>& visit);

}  // namespace pincer
