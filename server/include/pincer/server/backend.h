// Who answers a chat request: the engine of this process today, other hosts later.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/chat_template.h"
#include "pincer/engine/engine.h"
#include "pincer/engine/generation.h"
#include "pincer/engine/result.h"
#include "pincer/engine/sampler.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// A chat request, free of any API's dialect.
struct ChatRequest {
  std::string model;                  // the name that the client used
  std::vector<ChatMessage> messages;  // at least one; roles: system, user, assistant, tool
  SamplingParams sampling;
  int max_tokens = -1;             // -1: to the end of the context
  std::vector<std::string> stops;  // strings that end the answer; the reader of the stream looks
                                   // for them (TextAssembler)
  bool want_logprobs = false;
  int top_logprobs = 0;  // 0..20
  // As in GenerationRequest: who asks, and how urgently.
  std::string client;
  int priority = 0;
};

// Thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual const std::string& model() const = 0;  // the name that clients ask for
  virtual int context() const = 0;               // tokens
  virtual const std::string& fingerprint()
      const = 0;  // weight layout and build: the same one gives the same tokens for a seed
  virtual const Tokenizer& tokenizer() const = 0;  // turns the stream's tokens into text
  virtual const EngineStats& stats() const = 0;

  // Starts the generation; exactly one Finish arrives on `stream` if it returns success. May take
  // as long as tokenizing the prompt does: not for an I/O thread. A stream that was cancelled
  // before is honoured. Errors: invalid_argument (the messages cannot be rendered), limit (the
  // prompt does not fit the context), busy.
  virtual Result<void> generate(ChatRequest request, std::shared_ptr<TokenStream> stream) = 0;
};

}  // namespace pincer
