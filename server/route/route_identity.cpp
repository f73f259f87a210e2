#include "server/route/route_identity.h"

#include <utility>

namespace pincer {
namespace {

class NoTokenizer final : public Tokenizer {
 public:
  std::vector<TokenId> encode(std::span<const TextPiece>) const override { return {}; }
  std::string_view token_bytes(TokenId) const override { return {}; }
  bool is_control(TokenId) const override { return false; }
  std::int32_t vocab_size() const override { return 0; }
  TokenId bos() const override { return -1; }
  TokenId eos() const override { return -1; }
  bool add_bos() const override { return false; }
  bool is_end(TokenId) const override { return false; }
};

class RouteIdentity final : public Backend {
 public:
  RouteIdentity(std::string route, std::shared_ptr<const Backend> local)
      : route_(std::move(route)), local_(std::move(local)) {}

  const std::string& model() const override { return route_; }
  int context() const override { return local_ ? local_->context() : 0; }
  const std::string& fingerprint() const override {
    return local_ ? local_->fingerprint() : fingerprint_;
  }
  const Tokenizer& tokenizer() const override {
    return local_ ? local_->tokenizer() : static_cast<const Tokenizer&>(no_tokenizer_);
  }
  const EngineStats& stats() const override { return local_ ? local_->stats() : stats_; }
  Result<Prompt> prompt(const ChatRequest&) const override { return not_a_model(); }
  Result<GenerationStart> generate(ChatRequest,
                                   std::vector<std::shared_ptr<TokenStream>>) override {
    return not_a_model();
  }
  Result<void> embed(EmbeddingInput, std::shared_ptr<TokenStream>) override {
    return not_a_model();
  }
  ModelDetails details() const override { return local_ ? local_->details() : ModelDetails(); }

 private:
  Error not_a_model() const {
    return {ErrorCode::unsupported, "'" + route_ + "' is a route: name a model for this."};
  }

  std::string route_, fingerprint_ = "fp_route";
  std::shared_ptr<const Backend> local_;
  NoTokenizer no_tokenizer_;
  EngineStats stats_;
};

}  // namespace

std::shared_ptr<const Backend> make_route_identity(std::string route,
                                                   std::shared_ptr<const Backend> local) {
  return std::make_shared<RouteIdentity>(std::move(route), std::move(local));
}

}  // namespace pincer
