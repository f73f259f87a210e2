// A backend that needs no model: a token is a byte, and the answer is what the test says.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pincer/server/backend.h"

namespace pincer::test {

// Ids 0..255 are bytes, 256 ends a turn, 257 begins a text.
class ByteTokenizer final : public Tokenizer {
 public:
  static constexpr TokenId kEnd = 256, kBegin = 257;
  explicit ByteTokenizer(bool add_bos = false);

  std::vector<TokenId> encode(std::span<const TextPiece> pieces) const override;
  std::string_view token_bytes(TokenId id) const override;
  bool is_control(TokenId id) const override { return id >= kEnd; }
  std::int32_t vocab_size() const override { return 258; }
  TokenId bos() const override { return kBegin; }
  TokenId eos() const override { return kEnd; }
  bool add_bos() const override { return add_bos_; }
  bool is_end(TokenId id) const override { return id == kEnd; }

 private:
  bool add_bos_;
  std::vector<std::string> bytes_;
};

class FakeBackend final : public Backend {
 public:
  // One generation: its answer's tokens go out one at each step of the fake's engine thread.
  struct Run {
    ChatRequest request;
    std::shared_ptr<TokenStream> stream;
    std::string answer;
    std::size_t sent = 0;
  };

  explicit FakeBackend(std::string name = "fake-model");
  ~FakeBackend() override;

  // Set before requests come. Without an answer it is "You said: " and the last message.
  void answer_with(std::string text) { answer_ = std::move(text); }
  void refuse_with(Error error) { refusal_ = std::move(error); }
  void format_with(AnswerFormat format) { format_ = std::move(format); }
  // The generation fails with `error` once its answer is out.
  void fail_with(std::string error, FinishReason reason = FinishReason::error) {
    failure_ = std::move(error);
    failure_reason_ = reason;
  }
  void trace_with(StepTrace* trace) { trace_ = trace; }
  // Runs stay queued, without a token, until the test lets them go.
  void hold() { held_ = true; }

  // Each waits for its event, and throws after two minutes without it.
  void wait_queued(int count);             // this many are held now
  void let_go();                           // all that are held, and later ones
  void send_all(const std::string& text);  // these tokens to each held run, at once
  void wait_cancelled(int count);          // this many were cancelled since the beginning
  ChatRequest last_request();
  EmbeddingInput last_embedding();

  // An embedding is 0.6 in the dimension 0 or 1, 0.8 in 2 or 3, as the input has an even or an odd
  // number of tokens.
  static constexpr int kDimensions = 4;

  const std::string& model() const override { return name_; }
  int context() const override { return 2048; }
  const std::string& fingerprint() const override { return fingerprint_; }
  const Tokenizer& tokenizer() const override { return tokenizer_; }
  const EngineStats& stats() const override { return stats_; }
  StepTrace* trace() const override { return trace_; }
  Result<Prompt> prompt(const ChatRequest& request) const override;
  Result<void> embed(EmbeddingInput input, std::shared_ptr<TokenStream> stream) override;
  ModelDetails details() const override;
  Result<GenerationStart> generate(ChatRequest request,
                                   std::vector<std::shared_ptr<TokenStream>> streams) override;

 private:
  void loop();
  bool step(Run& run);  // false: the run is over
  void wait_until(const char* what, const std::function<bool()>& condition);

  std::string name_, fingerprint_ = "fp_fake";
  std::optional<std::string> answer_, failure_;
  FinishReason failure_reason_ = FinishReason::error;
  std::optional<Error> refusal_;
  AnswerFormat format_;
  ByteTokenizer tokenizer_;
  EngineStats stats_;
  StepTrace* trace_ = nullptr;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Run> runs_;
  ChatRequest last_;
  EmbeddingInput last_embedding_;
  bool held_ = false, stop_ = false;
  int cancelled_ = 0;
  std::thread engine_;
};

}  // namespace pincer::test
