// `pincer bench MODEL`: which tests the flags ask for, and running them.
#pragma once

#include <string>
#include <vector>

#include "pincer/engine/loaded_model.h"
#include "pincer/engine/speed.h"
#include "server/cli/bench_report.h"

namespace pincer {

struct ModelBenchFlags {
  std::string model;
  // The tests: each prompt; each generation of one sequence; each batch above 1. A 0 stands for
  // none of its kind.
  std::vector<int> prompts = {512}, generations = {128}, batches = {1}, threads = {1};
  int depth = 0;  // tokens in the context before a prompt or a generation
  // Of each sequence of a batch, as llama-batched-bench has it: tokens in its context, and to
  // generate.
  int batch_prompt = 128, batch_generate = 64;
  int repetitions = 5;
  WeightFormat weights = kDefaultWeights;
  KvChoice kv;
  bool layers = false;
};

// In the order in which they run; threads are not set.
struct NamedTest {
  std::string name;
  SpeedTest test;
};
std::vector<NamedTest> model_tests(const ModelBenchFlags& flags);

// Measures all, with progress on stderr.
Result<BenchReport> run_model_bench(const LoadedModel& model, const ModelBenchFlags& flags);

}  // namespace pincer
