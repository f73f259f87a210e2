#include "pincer/server/local_backend.h"

#include <utility>

#include "server/backend/prompt.h"

namespace pincer {
namespace {

class LocalBackend final : public Backend {
 public:
  LocalBackend(LoadedModel loaded, std::unique_ptr<Engine> engine, std::string fingerprint)
      : loaded_(std::move(loaded)),
        fingerprint_(std::move(fingerprint)),
        engine_(std::move(engine)) {}

  const std::string& model() const override { return loaded_.name; }
  int context() const override { return engine_->options().context; }
  const std::string& fingerprint() const override { return fingerprint_; }
  const Tokenizer& tokenizer() const override { return *loaded_.tokenizer; }
  const EngineStats& stats() const override { return engine_->stats(); }

  Result<void> generate(ChatRequest request, std::shared_ptr<TokenStream> stream) override {
    auto pieces = loaded_.chat->render(request.messages);
    if (!pieces) {
      return Error{ErrorCode::invalid_argument,
                   "The model's chat template refused the messages: " + pieces.error().message};
    }
    auto prompt = encode_prompt(*loaded_.tokenizer, *pieces, context());
    if (!prompt) return prompt.error();

    GenerationRequest generation;
    generation.prompt = std::move(prompt).value();
    generation.sampling = std::move(request.sampling);
    generation.max_tokens = request.max_tokens;
    generation.want_logprobs = request.want_logprobs;
    generation.top_logprobs = request.top_logprobs;
    generation.stream = std::move(stream);
    return engine_->submit(std::move(generation));
  }

 private:
  LoadedModel loaded_;
  std::string fingerprint_;
  std::unique_ptr<Engine> engine_;  // last: joined before what it uses goes
};

}  // namespace

std::shared_ptr<Backend> make_local_backend(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                            std::string fingerprint) {
  return std::make_shared<LocalBackend>(std::move(loaded), std::move(engine),
                                        std::move(fingerprint));
}

}  // namespace pincer
