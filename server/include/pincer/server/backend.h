// Who answers a request: the engine of this process today, other hosts later.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/engine.h"
#include "pincer/engine/generation.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"
#include "pincer/server/answer_format.h"
#include "pincer/server/chat_request.h"
#include "pincer/server/embedding_input.h"
#include "pincer/server/model_details.h"

namespace pincer {

class StepTrace;

// A request as the model will read it.
struct Prompt {
  std::vector<TextPiece> text;  // empty for a raw prompt of tokens
  std::vector<TokenId> tokens;
  AnswerFormat format;                 // of what the model will write
  std::optional<OutputFormat> output;  // that its text is held to
  std::string output_text;             // of that text, what `tokens` end with already
};

// What is known of a generation when it has been started.
struct GenerationStart {
  AnswerFormat format;  // how its text is to be read
  int prompt_tokens = 0;
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
  virtual StepTrace* trace() const { return nullptr; }  // null: no engine of this process
  // Seconds that a request of `client` would wait for its place if it came now.
  virtual double expected_wait(const std::string& /*client*/) const { return 0; }

  // Renders and tokenizes. Takes as long as that does: not for an I/O thread. Errors:
  // invalid_argument (the messages cannot be rendered), unsupported (something that this model
  // cannot do). It may be longer than the context, so that its length can be asked for.
  virtual Result<Prompt> prompt(const ChatRequest& request) const = 0;

  // Starts one generation for each stream, the i-th with the seed `sampling.seed + i`. The prompt
  // is computed once for all. If it returns success, exactly one Finish arrives on each stream;
  // else those that were started already are cancelled. Not for an I/O thread. A stream that was
  // cancelled before is honoured. Errors: those of prompt(), limit (the prompt does not fit the
  // context), and busy.
  virtual Result<GenerationStart> generate(ChatRequest request,
                                           std::vector<std::shared_ptr<TokenStream>> streams) = 0;

  // The embedding arrives with the stream's Finish, if it returns success. Not for an I/O thread.
  // Errors: invalid_argument (no such token), limit (the input does not fit the context), busy.
  virtual Result<void> embed(EmbeddingInput input, std::shared_ptr<TokenStream> stream) = 0;

  virtual ModelDetails details() const = 0;
};

}  // namespace pincer
