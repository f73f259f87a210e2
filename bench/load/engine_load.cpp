// The work of `pincer_load streams` on an engine in this process, without a server: what serving
// costs is the difference.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <mutex>
#include <thread>
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

struct Totals {
  std::mutex mutex;
  load::Report report;
};

// One client: its requests one after another.
void run_client(Engine& engine, std::vector<GenerationRequest> requests, Totals& totals) {
  for (GenerationRequest& request : requests) {
    const auto stream = std::make_shared<TokenStream>();
    request.stream = stream;
    const auto sent = Clock::now();
    if (auto submitted = engine.submit(std::move(request)); !submitted) {
      fmt::print(stderr, "pincer_engine_load: {}\n", submitted.error().message);
      std::exit(1);
    }
    double first_ms = -1;
    std::size_t tokens = 0;
    for (bool ended = false; !ended;) {
      const TokenStream::News news = stream->wait();
      if (first_ms < 0 && !news.tokens.empty())
        first_ms = std::chrono::duration<double, std::milli>(Clock::now() - sent).count();
      tokens += news.tokens.size();
      ended = news.finish.has_value();
    }
    const std::lock_guard lock(totals.mutex);
    totals.report.values["tokens"] += static_cast<double>(tokens);
    totals.report.times["first_token_ms"].push_back(first_ms);
  }
}

load::Report run(const LoadedModel& model, Engine& engine, const load::Work& work) {
  std::vector<std::vector<GenerationRequest>> requests(static_cast<std::size_t>(work.clients));
  for (int i = 0; i < work.clients; ++i) {
    for (int r = 0; r < work.rounds; ++r)
      requests[static_cast<std::size_t>(i)].push_back(request_for(model, work, i, r));
  }
  Totals totals;
  const auto begin = Clock::now();
  std::vector<std::thread> clients;
  for (auto& own : requests) {
    clients.emplace_back([&engine, &totals, own = std::move(own)]() mutable {
      run_client(engine, std::move(own), totals);
    });
  }
  for (std::thread& client : clients) client.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  totals.report.values["seconds"] = seconds;
  totals.report.values["tokens_per_s"] = totals.report.values["tokens"] / seconds;
  return totals.report;
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
  app.add_option("--max-tokens", work.max_tokens);
  app.add_option("--prompt-words", work.prompt_words);
  CLI11_PARSE(app, argc, argv);

  const auto model = load_model(file, load_options);
  if (!model) return fmt::print(stderr, "pincer_engine_load: {}\n", model.error().message), 1;
  options.max_queued = work.clients;
  auto engine = Engine::start(model->model, options);
  if (!engine) return fmt::print(stderr, "pincer_engine_load: {}\n", engine.error().message), 1;
  load::print(run(*model, **engine, work));
  return 0;
}
