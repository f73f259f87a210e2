#include "server/api/embed.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "server/api/find_model.h"
#include "server/api/openai_error.h"
#include "server/api/request_terms.h"
#include "server/chat/answer_end.h"
#include "server/http/doorbell.h"

namespace pincer {
namespace {

// More at once hardly make a step's products larger than a long prompt's chunk does.
constexpr std::size_t kAtOnce = 8;

asio::awaitable<Result<void>> submit(std::shared_ptr<Backend> backend, EmbeddingInput input,
                                     std::shared_ptr<TokenStream> stream) {
  co_return backend->embed(std::move(input), std::move(stream));
}

// Those that run.
class Running {
 public:
  Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    for (const Slot& slot : slots_) slot.stream->cancel();
  }

  std::size_t count() const { return slots_.size(); }
  void add(std::size_t input, std::shared_ptr<TokenStream> stream) {
    slots_.push_back({input, std::move(stream)});
  }
  // One that has finished: its input and its end.
  std::optional<std::pair<std::size_t, Finish>> take_finished() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      TokenStream::News news = slots_[i].stream->drain();
      if (!news.finish) continue;
      const std::size_t input = slots_[i].input;
      slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(i));
      return std::pair(input, *std::move(news.finish));
    }
    return std::nullopt;
  }

 private:
  struct Slot {
    std::size_t input;
    std::shared_ptr<TokenStream> stream;
  };
  std::vector<Slot> slots_;
};

void truncate(std::vector<float>& vector, int dimensions) {
  if (dimensions == 0 || static_cast<std::size_t>(dimensions) >= vector.size()) return;
  vector.resize(static_cast<std::size_t>(dimensions));
  double squares = 0;
  for (const float v : vector) squares += static_cast<double>(v) * v;
  if (squares == 0) return;
  const double factor = 1 / std::sqrt(squares);
  for (float& v : vector) v = static_cast<float>(v * factor);
}

Problem input_problem(const Error& error, std::size_t input) {
  Problem problem = backend_problem(error);
  if (problem.status == 400) {
    problem.param = "input";
    problem.message = fmt::format("Input {}: {}", input, problem.message);
  }
  return problem;
}

class Run {
 public:
  Run(const Api& api, Caller& caller, std::shared_ptr<Backend> backend, EmbeddingJob job)
      : api_(api),
        caller_(caller),
        backend_(std::move(backend)),
        job_(std::move(job)),
        bell_(std::make_shared<Doorbell>(caller.executor())) {
    result_.vectors.resize(job_.inputs.size());
  }
  ~Run() { bell_->disconnect(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const std::shared_ptr<Doorbell>& bell() const { return bell_; }

  asio::awaitable<std::variant<Embeddings, Problem>> run() {
    while (done_ < job_.inputs.size()) {
      if (auto problem = co_await start_some()) co_return *std::move(problem);
      if (caller_.left()) co_return caller_left();
      auto finished = running_.take_finished();
      if (!finished) {
        co_await bell_->wait();
        continue;
      }
      auto& [input, finish] = *finished;
      caller_.record().add(finish, true);
      if (caller_.account() != nullptr) caller_.account()->spend(finish.prompt_tokens);
      if (auto problem = finish_problem(finish, false)) co_return *std::move(problem);
      result_.tokens += finish.prompt_tokens;
      truncate(finish.embedding, job_.dimensions);
      result_.vectors[input] = std::move(finish.embedding);
      ++done_;
    }
    co_return std::move(result_);
  }

 private:
  // Where there is no place, one of ours becomes free, if any runs.
  asio::awaitable<std::optional<Problem>> start_some() {
    while (next_ < job_.inputs.size() && running_.count() < kAtOnce && !caller_.left()) {
      auto stream = std::make_shared<TokenStream>([bell = bell_] { bell->ring(); });
      // A job that has had its turn is no longer in the queue, though its last inputs are.
      if (done_ > 0) job_.inputs[next_].start_by = std::chrono::steady_clock::time_point::max();
      auto task = submit(backend_, job_.inputs[next_], stream);
      const Result<void> started = co_await asio::co_spawn(api_.workers.get_executor(),
                                                           std::move(task), asio::use_awaitable);
      if (!started) {
        if (started.error().code == ErrorCode::busy && running_.count() > 0) break;
        co_return input_problem(started.error(), next_);
      }
      running_.add(next_++, std::move(stream));
    }
    co_return std::nullopt;
  }

  const Api& api_;
  Caller& caller_;
  std::shared_ptr<Backend> backend_;
  EmbeddingJob job_;
  std::shared_ptr<Doorbell> bell_;
  Running running_;
  Embeddings result_;
  std::size_t next_ = 0, done_ = 0;  // inputs
};

}  // namespace

asio::awaitable<std::variant<Embeddings, Problem>> embed(const Api& api, Caller& caller,
                                                         EmbeddingJob job) {
  FoundModel found = co_await find_model(api, caller, job.model);
  if (auto* problem = std::get_if<Problem>(&found)) co_return std::move(*problem);
  auto backend = std::get<std::shared_ptr<Backend>>(std::move(found));
  const int length = backend->details().embedding_length;
  if (job.dimensions > length) {
    co_return Problem{
        .message = fmt::format("Invalid value for 'dimensions': this model's embeddings have {} "
                               "dimensions, but {} were asked for.",
                               length, job.dimensions),
        .param = "dimensions",
        .code = "invalid_value"};
  }
  caller.record().model = backend->model();
  caller.record().upstream = "local";
  for (EmbeddingInput& input : job.inputs) set_terms(input, *api.site.limits(), caller);
  Run run(api, caller, std::move(backend), std::move(job));
  caller.watch([bell = run.bell()] { bell->ring(); });
  auto result = co_await run.run();
  co_await caller.unwatch();
  co_return std::move(result);
}

}  // namespace pincer
