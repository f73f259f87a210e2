#include "pincer/server/local_backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <optional>
#include <utility>

#include "pincer/engine/constraint.h"
#include "pincer/engine/model.h"
#include "server/backend/embedding_tokens.h"
#include "server/backend/prompt.h"
#include "server/chat/chat_prompt.h"

namespace pincer {
namespace {

class LocalBackend final : public Backend {
 public:
  LocalBackend(RunningModel& running, std::string fingerprint, bool reasoning)
      : running_(running),
        constraints_(running.loaded.tokenizer),
        fingerprint_(std::move(fingerprint)),
        traits_(template_traits(*running.loaded.chat)) {
    traits_.thinks = reasoning;
  }

  const std::string& model() const override { return running_.loaded.name; }
  int context() const override { return running_.engine->options().context; }
  const std::string& fingerprint() const override { return fingerprint_; }
  const Tokenizer& tokenizer() const override { return *running_.loaded.tokenizer; }
  const EngineStats& stats() const override { return running_.engine->stats(); }
  StepTrace* trace() const override { return &running_.engine->trace(); }
  double expected_wait(const std::string& client) const override {
    return running_.engine->expected_wait(client);
  }

  Result<Prompt> prompt(const ChatRequest& request) const override {
    return make_prompt(request, *running_.loaded.chat, traits_, tokenizer(),
                       std::numeric_limits<int>::max());
  }

  Result<GenerationStart> generate(ChatRequest request,
                                   std::vector<std::shared_ptr<TokenStream>> streams) override {
    auto prompt = this->prompt(request);
    if (!prompt) return prompt.error();
    if (auto fits = check_prompt(prompt->tokens, context()); !fits) return fits.error();
    GenerationRequest generation;
    if (prompt->output) {
      auto constraint = constraints_.compile(*prompt->output);
      // Whatever is wrong with it, the client can change it.
      if (!constraint) return Error{ErrorCode::invalid_argument, constraint.error().message};
      if (!may_begin(*constraint, prompt->output_text)) {
        return Error{ErrorCode::invalid_argument,
                     "The message that the answer goes on from does not begin as the format of the "
                     "answer demands."};
      }
      generation.constraint = std::move(*constraint);
      generation.constraint_text = std::move(prompt->output_text);
    }
    const auto prompt_tokens = static_cast<int>(prompt->tokens.size());
    generation.prompt = std::move(prompt->tokens);
    generation.sampling = std::move(request.sampling);
    // The first one repeats the end of the text that the answer goes on from (heal_last_token).
    const bool repeats = prompt->format.repeated > 0 && request.max_tokens > 0 &&
                         request.max_tokens < std::numeric_limits<int>::max();
    generation.max_tokens = request.max_tokens + (repeats ? 1 : 0);
    generation.want_logprobs = request.want_logprobs;
    generation.top_logprobs = request.top_logprobs;
    generation.client = std::move(request.client);
    generation.priority = request.priority;
    generation.background = request.background;
    generation.max_wait_s = request.max_wait_s;
    generation.start_by = request.start_by;
    generation.finish_by = request.finish_by;
    if (auto started = submit_all(std::move(generation), streams); !started) return started.error();
    return GenerationStart{std::move(prompt->format), prompt_tokens};
  }

  Result<void> embed(EmbeddingInput input, std::shared_ptr<TokenStream> stream) override {
    auto tokens =
        embedding_tokens(tokenizer(), std::move(input.content), input.truncate, context());
    if (!tokens) return tokens.error();
    GenerationRequest embedding;
    embedding.prompt = std::move(tokens).value();
    embedding.embed = true;
    embedding.client = std::move(input.client);
    embedding.priority = input.priority;
    embedding.max_wait_s = input.max_wait_s;
    embedding.start_by = input.start_by;
    embedding.finish_by = input.finish_by;
    embedding.stream = std::move(stream);
    return running_.engine->submit(std::move(embedding));
  }

  ModelDetails details() const override {
    const Model& model = *running_.loaded.model;
    const ModelConfig& config = model.config;
    const std::int64_t embedding =
        config.tied_embeddings ? 0 : static_cast<std::int64_t>(config.vocab) * config.width;
    return {.family = std::string(config.architecture->name),
            .title = config.name,
            .digest = fmt::format("{:02x}", fmt::join(model.source_key(), "")),
            .weights = model.reference ? "f32" : std::string(name(model.format)),
            .chat_template = running_.loaded.chat->source(),
            .parameters = config.matmul_weights() + embedding,
            .bytes = model.weight_bytes(),
            .context = config.context,
            .embedding_length = config.width,
            .layers = config.layers,
            .heads = config.heads,
            .kv_heads = config.kv_heads,
            .vocabulary = config.vocab};
  }

 private:
  Result<void> submit_all(GenerationRequest generation,
                          const std::vector<std::shared_ptr<TokenStream>>& streams) {
    for (const auto& stream : streams) {
      generation.stream = stream;
      if (auto submitted = running_.engine->submit(generation); !submitted) {
        for (const auto& started : streams) started->cancel();
        return submitted;
      }
      ++generation.sampling.seed;
    }
    return {};
  }

  RunningModel& running_;
  ConstraintCompiler constraints_;
  std::string fingerprint_;
  TemplateTraits traits_;
};

struct BackedModel final : RunningModel {
  std::optional<LocalBackend> backend;  // goes first: it uses the others
};

}  // namespace

std::unique_ptr<RunningModel> make_backed_model(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                                std::string fingerprint, bool reasoning) {
  auto model = std::make_unique<BackedModel>();
  model->loaded = std::move(loaded);
  model->engine = std::move(engine);
  model->backend.emplace(*model, std::move(fingerprint), reasoning);
  return model;
}

std::shared_ptr<Backend> backend_of(std::shared_ptr<RunningModel> lease) {
  Backend* const backend = &*static_cast<BackedModel&>(*lease).backend;
  return {std::move(lease), backend};
}

std::shared_ptr<Backend> make_local_backend(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                            std::string fingerprint) {
  return backend_of(
      make_backed_model(std::move(loaded), std::move(engine), std::move(fingerprint), true));
}

}  // namespace pincer
