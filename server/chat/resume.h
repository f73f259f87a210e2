// An answer that goes on where it broke off: what the model has written of it, and where its next
// token begins.
#pragma once

#include <string>

#include "pincer/server/backend.h"

namespace pincer {

// The message as the model writes it: its text, then its calls, of which the last one is open: its
// arguments may be half of a JSON text, and nothing stands behind them. `array`: bare calls are
// items of one.
std::string written_text(const Message& message, AnswerFormat::Calls calls, bool array);

// Token healing: a text that is cut anywhere ends in a token that the model would not have written
// there ("http:" before "//"). Takes the last token off the prompt, and holds the answer to begin
// with its bytes, so that the model chooses its tokens anew. Does nothing where the text is held to
// a format, or where the last token is not a part of what was written.
void heal_last_token(const Tokenizer& tokenizer, Prompt& prompt);

}  // namespace pincer
