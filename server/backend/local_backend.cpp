#include "pincer/server/local_backend.h"

#include <utility>

#include "server/backend/prompt.h"

namespace pincer {
namespace {

class LocalBackend final : public Backend {
 public:
  LocalBackend(std::shared_ptr<RunningModel> running, std::string fingerprint)
      : running_(std::move(running)), fingerprint_(std::move(fingerprint)) {}

  const std::string& model() const override { return running_->loaded.name; }
  int context() const override { return running_->engine->options().context; }
  const std::string& fingerprint() const override { return fingerprint_; }
  const Tokenizer& tokenizer() const override { return *running_->loaded.tokenizer; }
  const EngineStats& stats() const override { return running_->engine->stats(); }

  Result<void> generate(ChatRequest request, std::shared_ptr<TokenStream> stream) override {
    auto pieces = running_->loaded.chat->render(request.messages);
    if (!pieces) {
      return Error{ErrorCode::invalid_argument,
                   "The model's chat template refused the messages: " + pieces.error().message};
    }
    auto prompt = encode_prompt(tokenizer(), *pieces, context());
    if (!prompt) return prompt.error();

    GenerationRequest generation;
    generation.prompt = std::move(prompt).value();
    generation.sampling = std::move(request.sampling);
    generation.max_tokens = request.max_tokens;
    generation.want_logprobs = request.want_logprobs;
    generation.top_logprobs = request.top_logprobs;
    generation.client = std::move(request.client);
    generation.priority = request.priority;
    generation.stream = std::move(stream);
    return running_->engine->submit(std::move(generation));
  }

 private:
  std::shared_ptr<RunningModel> running_;
  std::string fingerprint_;
};

}  // namespace

std::shared_ptr<Backend> make_local_backend(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                            std::string fingerprint) {
  auto running = std::make_shared<RunningModel>();
  running->loaded = std::move(loaded);
  running->engine = std::move(engine);
  return make_local_backend(std::move(running), std::move(fingerprint));
}

std::shared_ptr<Backend> make_local_backend(std::shared_ptr<RunningModel> model,
                                            std::string fingerprint) {
  return std::make_shared<LocalBackend>(std::move(model), std::move(fingerprint));
}

}  // namespace pincer
