#include "tests/server/support/fake_backend.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

#include "server/backend/embedding_tokens.h"
#include "server/backend/prompt.h"

namespace pincer::test {

ByteTokenizer::ByteTokenizer(bool add_bos) : add_bos_(add_bos) {
  for (int byte = 0; byte < 256; ++byte) bytes_.emplace_back(1, static_cast<char>(byte));
  bytes_.insert(bytes_.end(), {"<end>", "<begin>"});
}

std::vector<TokenId> ByteTokenizer::encode(std::span<const TextPiece> pieces) const {
  std::vector<TokenId> ids;
  for (const TextPiece& piece : pieces) {
    std::string_view text = piece.text;
    if (piece.trusted && text.starts_with("<begin>")) {
      ids.push_back(kBegin);
      text.remove_prefix(7);
    }
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  }
  return ids;
}

std::string_view ByteTokenizer::token_bytes(TokenId id) const {
  return bytes_[static_cast<std::size_t>(id)];
}

FakeBackend::FakeBackend(std::string name) : name_(std::move(name)), engine_([this] { loop(); }) {}

FakeBackend::~FakeBackend() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  engine_.join();
}

namespace {

// What the fake reads of a request.
std::string last_words(const ChatRequest& request) {
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) return *text;
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&request.raw_prompt))
    return ByteTokenizer().decode(*tokens);
  return request.messages.back().content;
}

}  // namespace

Result<Prompt> FakeBackend::prompt(const ChatRequest& request) const {
  if (refusal_) return *refusal_;
  Prompt prompt;
  prompt.text.push_back({last_words(request), false});
  prompt.format = format_;
  prompt.output = request.format;
  auto tokens = encode_prompt(tokenizer_, prompt.text, std::numeric_limits<int>::max());
  if (!tokens) return tokens.error();
  prompt.tokens = std::move(tokens).value();
  return prompt;
}

Result<GenerationStart> FakeBackend::generate(ChatRequest request,
                                              std::vector<std::shared_ptr<TokenStream>> streams) {
  auto prompt = this->prompt(request);
  if (!prompt) return prompt.error();
  if (auto fits = check_prompt(prompt->tokens, context()); !fits) return fits.error();
  const std::lock_guard lock(mutex_);
  last_ = request;
  const std::string answer = answer_.value_or("You said: " + last_words(request));
  for (auto& stream : streams) {
    runs_.push_back({request, std::move(stream), answer});
    ++request.sampling.seed;
    ++(held_ ? stats_.queued : stats_.active);
  }
  changed_.notify_all();
  return GenerationStart{std::move(prompt->format), static_cast<int>(prompt->tokens.size())};
}

Result<void> FakeBackend::embed(EmbeddingInput input, std::shared_ptr<TokenStream> stream) {
  if (refusal_) return *refusal_;
  auto tokens = embedding_tokens(tokenizer_, input.content, input.truncate, context());
  if (!tokens) return tokens.error();
  Finish finish;
  finish.prompt_tokens = static_cast<int>(tokens->size());
  finish.embedding.assign(kDimensions, 0.0f);
  finish.embedding[tokens->size() % 2] = 0.6f;
  finish.embedding[2 + tokens->size() % 2] = 0.8f;
  const std::lock_guard lock(mutex_);
  last_embedding_ = input;
  stream->finish(std::move(finish));
  return {};
}

ModelDetails FakeBackend::details() const {
  return {.family = "fake",
          .title = "Fake",
          .digest = "00ff",
          .weights = "int8",
          .chat_template = "{{ tools }}",
          .parameters = 1'500'000,
          .bytes = 1234,
          .context = context(),
          .embedding_length = kDimensions,
          .layers = 1,
          .heads = 1,
          .kv_heads = 1,
          .vocabulary = tokenizer_.vocab_size()};
}

EmbeddingInput FakeBackend::last_embedding() {
  const std::lock_guard lock(mutex_);
  return last_embedding_;
}

void FakeBackend::loop() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    for (auto run = runs_.begin(); run != runs_.end();) {
      run = step(*run) ? run + 1 : runs_.erase(run);
    }
    // Cancelling rings no bell: the engine looks at each step, and this is the step's time.
    changed_.wait_for(lock, std::chrono::microseconds(200), [this] { return stop_; });
  }
}

bool FakeBackend::step(Run& run) {
  Finish finish;
  finish.prompt_tokens = static_cast<int>(last_words(run.request).size());
  finish.cached_tokens = std::min(finish.prompt_tokens, 1);
  finish.generated_tokens = static_cast<int>(run.sent);
  const bool cancelled = run.stream->cancelled();
  const bool full =
      run.request.max_tokens >= 0 && run.sent >= static_cast<std::size_t>(run.request.max_tokens);
  if (held_ && !cancelled) return true;
  if (!cancelled && !full && run.sent < run.answer.size()) {
    GeneratedToken token{static_cast<unsigned char>(run.answer[run.sent++]), {}};
    token.logprobs.chosen = -0.5f;
    for (int i = 0; i < run.request.top_logprobs; ++i)
      token.logprobs.top.push_back({token.id ^ i, -0.5f - i});
    run.stream->push(std::move(token));
    ++stats_.generated_tokens;
    return true;
  }
  finish.reason = cancelled  ? FinishReason::cancelled
                  : failure_ ? failure_reason_
                  : full     ? FinishReason::length
                             : FinishReason::stop;
  finish.error = failure_.value_or("");
  // The counters first: who saw the finish may look at them.
  --(held_ ? stats_.queued : stats_.active);
  ++(cancelled ? stats_.cancelled : stats_.finished);
  if (cancelled) ++cancelled_;
  run.stream->finish(std::move(finish));
  changed_.notify_all();
  return false;
}

void FakeBackend::wait_until(const char* what, const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(120), condition))
    throw std::runtime_error(what);
}

void FakeBackend::wait_queued(int count) {
  wait_until("no such number of requests was queued",
             [this, count] { return std::ssize(runs_) == count; });
}

void FakeBackend::wait_cancelled(int count) {
  wait_until("no such number of requests was cancelled",
             [this, count] { return cancelled_ >= count; });
}

void FakeBackend::let_go() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(held_, false)) return;
  stats_.active += std::ssize(runs_);
  stats_.queued -= std::ssize(runs_);
}

void FakeBackend::send_all(const std::string& text) {
  const std::lock_guard lock(mutex_);
  for (Run& run : runs_) {
    for (const char c : text) run.stream->push({static_cast<unsigned char>(c), {}});
  }
}

ChatRequest FakeBackend::last_request() {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace pincer::test
