// One conversation at the terminal, or one question: prompt to answer through the engine of this
// process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/constraint.h"
#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"

namespace pincer {

struct ChatAnswer {
  std::string text;
  std::vector<TokenId> prompt_tokens, tokens;
  Finish finish;
  double first_token_s = 0;  // since the program was started
};

class ChatSession {
 public:
  ChatSession(LoadedModel model, std::unique_ptr<Engine> engine)
      : model_(std::move(model)), engine_(std::move(engine)) {}

  const LoadedModel& model() const { return model_; }
  Engine& engine() const { return *engine_; }

  // The prompt of a conversation by the model's template, or of plain text.
  Result<std::vector<TokenId>> chat_prompt(const std::vector<ChatMessage>& messages) const;
  Result<std::vector<TokenId>> raw_prompt(const std::string& text) const;

  // All answers from now on are of this format. Errors: as ConstraintCompiler::compile.
  Result<void> set_format(const OutputFormat& format);

  // `show` gets the text as it comes. Stops early when `stop` turns true (checked as tokens
  // arrive).
  Result<ChatAnswer> generate(std::vector<TokenId> prompt, const SamplingParams& sampling,
                              int max_tokens, const std::function<void(const std::string&)>& show,
                              const std::function<bool()>& stop);

 private:
  LoadedModel model_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const Constraint> constraint_;  // null: any text
};

}  // namespace pincer
