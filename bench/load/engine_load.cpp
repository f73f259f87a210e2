// The work of `pincer_load streams` on an engine in this process, without a server: what serving
// costs is the difference.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "bench/load/report.h"
#include "bench/load/work.h"
#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"

namespace {

using namespace pincer;
using Clock = std::chrono::steady_clock;

// SmolLM2's chat template, written out.
std::vector<TokenId> prompt(const Tokenizer& tokenizer, const std::string& question) {
  const TextPiece pieces[] = {
      {"<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
       "<|im_end|>\n<|im_start|>user\n",
       true},
      {question, false},
      {"<|im_end|>\n<|im_start|>assistant\n", true}};
  return tokenizer.encode(pieces);
}

GenerationRequest request_for(const LoadedModel& model, const load::Work& work, int client,
                              int round) {
  GenerationRequest request;
  request.prompt = prompt(*model.tokenizer, load::question(work, client, round));
  request.sampling.temperature = 0;
  request.sampling.logit_bias = {{load::kEndToken, -100.0F}};
  request.max_tokens = work.max_tokens;
  return request;
}

// A client: its requests one after another.
class Client {
 public:
  Client(Engine& engine, std::vector<GenerationRequest> requests, std::function<void()> doorbell)
      : engine_(engine), requests_(std::move(requests)), doorbell_(std::move(doorbell)) {}

  void ask() {
    GenerationRequest& request = requests_[next_++];
    stream_ = request.stream = std::make_shared<TokenStream>(doorbell_);
    sent_ = Clock::now();
    first_ms_ = -1;
    if (auto submitted = engine_.submit(std::move(request)); !submitted) {
      fmt::print(stderr, "pincer_engine_load: {}\n", submitted.error().message);
      std::exit(1);
    }
  }

  // False after the last answer's end.
  bool go_on(load::Report& report) {
    if (!stream_) return false;
    const TokenStream::News news = stream_->drain();
    if (first_ms_ < 0 && !news.tokens.empty())
      first_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - sent_).count();
    report.values["tokens"] += static_cast<double>(news.tokens.size());
    if (!news.finish) return true;
    report.times["first_token_ms"].push_back(first_ms_);
    stream_.reset();
    if (next_ == requests_.size()) return false;
    ask();
    return true;
  }

 private:
  Engine& engine_;
  std::vector<GenerationRequest> requests_;
  std::function<void()> doorbell_;
  std::shared_ptr<TokenStream> stream_;
  std::size_t next_ = 0;
  Clock::time_point sent_;
  double first_ms_ = -1;
};

// One thread hears of all tokens, as a server's would.
load::Report run(const LoadedModel& model, Engine& engine, const load::Work& work) {
  // The last ring may come when all has been heard.
  const auto rung = std::make_shared<std::atomic<bool>>(false);
  const auto doorbell = [rung] {
    *rung = true;
    rung->notify_one();
  };
  std::vector<Client> clients;
  for (int i = 0; i < work.clients; ++i) {
    std::vector<GenerationRequest> requests;
    for (int r = 0; r < work.rounds; ++r) requests.push_back(request_for(model, work, i, r));
    clients.emplace_back(engine, std::move(requests), doorbell);
  }
  load::Report report;
  const auto begin = Clock::now();
  for (Client& client : clients) client.ask();
  for (bool more = true; more;) {
    rung->wait(false);
    *rung = false;
    more = false;
    for (Client& client : clients) more = client.go_on(report) || more;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  report.values["seconds"] = seconds;
  report.values["tokens_per_s"] = report.values["tokens"] / seconds;
  return report;
}

// Threads run, pages are mapped and the prompts' common beginning is known, as in a server that has
// run for a while.
void warm_up(const LoadedModel& model, Engine& engine, load::Work work) {
  work.first_round += work.rounds;
  work.rounds = 1;
  run(model, engine, work);
}

}  // namespace

int main(int argc, char** argv) {
  load::Work work;
  LoadOptions load_options;
  std::string file;
  EngineOptions options;
  CLI::App app("The work of `pincer_load streams` on a bare engine");
  app.add_option("--model", file, "GGUF file")->required();
  app.add_option("--pool", load_options.pool_dir, "folder of packed weights")->required();
  app.add_option("--tuning", load_options.tuning_dir, "folder of the kernels' tuning");
  app.add_option("--threads", options.threads);
  app.add_option("--max-active", options.max_active);
  app.add_option("--clients", work.clients);
  app.add_option("--rounds", work.rounds);
  app.add_option("--first-round", work.first_round);
  app.add_option("--max-tokens", work.max_tokens);
  app.add_option("--prompt-words", work.prompt_words);
  CLI11_PARSE(app, argc, argv);

  const auto model = load_model(file, load_options);
  if (!model) return fmt::print(stderr, "pincer_engine_load: {}\n", model.error().message), 1;
  options.max_queued = work.clients;
  auto engine = Engine::start(model->model, options);
  if (!engine) return fmt::print(stderr, "pincer_engine_load: {}\n", engine.error().message), 1;
  warm_up(*model, **engine, work);
  load::print(run(*model, **engine, work));
  return 0;
}
