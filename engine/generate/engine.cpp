#include "pincer/engine/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "engine/generate/backlog_board.h"
#include "engine/generate/step_loop.h"
#include "engine/limits/memory_need.h"
#include "pincer/engine/model.h"
#include "pincer/engine/step_trace.h"

namespace pincer {

struct Engine::Impl {
  Impl(std::shared_ptr<const Model> m, const EngineOptions& o)
      : model(std::move(m)), options(o), trace(trace_shape(*model, options.threads, options.kv)) {}

  std::shared_ptr<const Model> model;
  EngineOptions options;
  EngineStats stats;
  StepTrace trace;
  Inbox inbox;
  BacklogBoard backlog;
  std::thread thread;

  // What `what` says, on the engine's thread; waits for it.
  Result<int> ask(const std::function<Result<int>(KvStore&)>& what) {
    std::promise<Result<int>> answer;
    if (!inbox.ask([&](KvStore& kv) { answer.set_value(what(kv)); }))
      return Error{ErrorCode::busy, "the engine has stopped"};
    return answer.get_future().get();
  }
};

namespace {

std::int64_t default_kv_bytes() {
  const std::int64_t memory =
      static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  return std::min<std::int64_t>(memory / 4, std::int64_t{4} << 30);
}

EngineOptions resolve(const Model& model, EngineOptions o) {
  if (o.threads <= 0) o.threads = default_threads();
  if (o.context <= 0 || o.context > model.config.context) o.context = model.config.context;
  o.context_keep = std::max(0, o.context_keep);
  if (o.kv_bytes <= 0) o.kv_bytes = default_kv_bytes();
  o.max_active = std::max(1, o.max_active);
  o.max_queued = std::max(0, o.max_queued);
  o.prefill_chunk = std::max(1, o.prefill_chunk);
  // More than all sequences could fill is never used.
  const std::int64_t most =
      KvCache::blocks_for(o.context) * static_cast<std::int64_t>(o.max_active);
  o.kv_bytes = std::min(o.kv_bytes, most * KvCache::block_bytes(model, o.kv));
  if (o.speculation == Speculation::off) o.draft = nullptr;
  return o;
}

// Of a step: more than the loop asks for, so that windowed layers always find blocks.
int most_rows(const EngineOptions& o) {
  return std::max(o.prefill_chunk, 512) + 4 * o.max_active + Speculator::kMostRows;
}

// What a draft model takes, its cache included.
std::int64_t draft_memory(const Model& model, const EngineOptions& o) {
  return weight_memory(*o.draft) +
         working_memory(o.draft->config, DraftModel::kCatchUp + o.max_active, o.max_active) +
         o.kv_bytes / KvCache::block_bytes(model, o.kv) * KvCache::block_bytes(*o.draft);
}

// A KV cache of the default size is made smaller where memory is short, down to one sequence; what
// was asked for is given or refused.
Result<void> fit_into_memory(const Model& model, bool kv_by_default, EngineOptions& o) {
  const MemoryRoom room = memory_room();
  const int guesses = o.speculation == Speculation::off ? 0 : Speculator::kMostRows;
  MemoryNeed need{weight_memory(model), o.kv_bytes,
                  working_memory(model.config, most_rows(o), o.max_active + guesses), o.context};
  if (o.draft) need.working += draft_memory(model, o);
  if (kv_by_default && need.total() > room.bytes) {
    const std::int64_t one = KvCache::blocks_for(o.context) * KvCache::block_bytes(model, o.kv);
    need.kv = std::min(need.kv, std::max(one, room.bytes - need.weights - need.working));
    o.kv_bytes = need.kv;
  }
  return check_fits(model.config.name.empty() ? "the model" : model.config.name, need, room);
}

// As many tokens as the large model's cache holds; none without a draft model.
Result<std::optional<KvCache>> draft_cache(const Model& model, const EngineOptions& options,
                                           int blocks) {
  if (!options.draft) return std::optional<KvCache>();
  if (options.draft->config.vocab != model.config.vocab) {
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("the draft model '{}' has {} tokens, but '{}' has {}; a draft model must have "
                    "the same vocabulary: choose a smaller one of the same family",
                    options.draft->config.name, options.draft->config.vocab, model.config.name,
                    model.config.vocab)};
  }
  auto cache = KvCache::create(*options.draft, blocks * KvCache::block_bytes(*options.draft));
  if (!cache) return cache.error();
  return std::optional<KvCache>(std::move(*cache));
}

}  // namespace

Engine::Engine() = default;

Result<std::unique_ptr<Engine>> Engine::start(std::shared_ptr<const Model> model,
                                              const EngineOptions& options) {
  EngineOptions resolved = resolve(*model, options);
  if (auto fits = fit_into_memory(*model, options.kv_bytes <= 0, resolved); !fits)
    return fits.error();
  auto cache = KvCache::create(*model, {.bytes = resolved.kv_bytes,
                                        .kv = resolved.kv,
                                        .sequences = resolved.max_active,
                                        .rows = most_rows(resolved),
                                        .context = resolved.context});
  if (!cache) return cache.error();
  auto draft = draft_cache(*model, resolved, cache->total());
  if (!draft) return draft.error();
  // One sequence may use the whole cache, and no more.
  resolved.context = static_cast<int>(std::min<std::int64_t>(
      resolved.context, static_cast<std::int64_t>(cache->total()) * kernels::kKvBlockTokens));
  std::unique_ptr<Engine> engine(new Engine);
  engine->impl_ = std::make_unique<Impl>(std::move(model), resolved);
  Impl& impl = *engine->impl_;
  impl.stats.kv_blocks_total = cache->total();
  auto loop =
      std::make_unique<StepLoop>(*impl.model, std::move(*cache), std::move(*draft), impl.options,
                                 impl.inbox, impl.stats, impl.backlog, impl.trace);
  impl.thread = std::thread([loop = std::move(loop)] { loop->run(); });
  return engine;
}

Engine::~Engine() {
  if (!impl_) return;
  impl_->inbox.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

Result<void> Engine::submit(GenerationRequest request) {
  const int prompt = static_cast<int>(request.prompt.size()), context = impl_->options.context;
  if (prompt == 0)
    return Error{ErrorCode::invalid_argument, "the prompt is empty; give at least one token"};
  if (request.embed) request.max_tokens = 0;
  if (request.embed && prompt > context) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the input has {} tokens, but the context holds {}; shorten the input",
                             prompt, context)};
  }
  if (!request.embed && prompt >= context) {
    return Error{
        ErrorCode::invalid_argument,
        fmt::format(
            "the prompt has {} tokens, but the context holds {} with at least one for the answer; "
            "shorten the prompt",
            prompt, context)};
  }
  for (const TokenId t : request.prompt) {
    if (t < 0 || t >= impl_->model->config.vocab) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("token {} does not exist; ids are 0 to {}", t,
                               impl_->model->config.vocab - 1)};
    }
  }
  if (auto valid = validate(request.sampling); !valid) return valid;
  for (const auto& [token, bias] : request.sampling.logit_bias) {
    if (token < 0 || token >= impl_->model->config.vocab) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("logit_bias names token {}; ids are 0 to {}", token,
                               impl_->model->config.vocab - 1)};
    }
  }
  if (request.max_tokens == 0 && !request.embed) {
    Finish f;
    f.reason = FinishReason::length;
    f.prompt_tokens = prompt;
    request.stream->finish(f);
    return {};
  }
  const Work work = impl_->backlog.expect(client_id(request.client), prompt, request.max_tokens);
  const double wait = request.max_wait_s > 0 ? impl_->backlog.wait_seconds(work) : 0;
  if (wait > request.max_wait_s) {
    ++impl_->stats.rejected;
    return Error{
        ErrorCode::busy,
        fmt::format("the request would wait about {:.1f} s for its turn, and at most {:.1f} "
                    "s are allowed; try again later",
                    wait, request.max_wait_s)};
  }
  // A place is taken before the request is handed over, and given back by whoever finishes it.
  EngineStats& stats = impl_->stats;
  const std::int64_t places = impl_->options.max_active + impl_->options.max_queued;
  if (++stats.in_flight > places) {
    --stats.in_flight;
    ++stats.rejected;
    return Error{ErrorCode::busy,
                 fmt::format("{} generations run or wait already; try again later", places)};
  }
  impl_->backlog.arrived(work);
  if (!impl_->inbox.put(std::make_unique<Sequence>(std::move(request)))) {
    impl_->backlog.revoke();
    --stats.in_flight;
    ++stats.rejected;
    return Error{ErrorCode::busy, "the server is shutting down; try another one"};
  }
  return {};
}

double Engine::expected_wait(const std::string& client) const {
  const BacklogBoard& board = impl_->backlog;
  return board.wait_seconds(board.expect(client_id(client), 1, -1));
}

Result<int> Engine::save_prefix(const std::filesystem::path& file,
                                std::span<const TokenId> tokens) {
  return impl_->ask([&](KvStore& kv) { return kv.save(file, *impl_->model, tokens); });
}

Result<int> Engine::restore_prefix(const std::filesystem::path& file) {
  return impl_->ask([&](KvStore& kv) { return kv.restore(file, *impl_->model); });
}

void Engine::drain() { impl_->inbox.close(); }

bool Engine::idle() const { return impl_->stats.in_flight == 0; }

const EngineStats& Engine::stats() const { return impl_->stats; }
StepTrace& Engine::trace() const { return impl_->trace; }
const Model& Engine::model() const { return *impl_->model; }
const EngineOptions& Engine::options() const { return impl_->options; }

}  // namespace pincer
