// Speed of a model on this machine: prefill and decode, without server, tokenizer or sampling.
#pragma once

#include <cstdint>
#include <vector>

#include "pincer/engine/layer_trace.h"
#include "pincer/engine/model.h"
#include "pincer/engine/result.h"

namespace pincer {

struct SpeedTest {
  enum class Kind { prefill, decode };
  Kind kind = Kind::prefill;
  int tokens = 512;  // prompt tokens, or steps
  int batch = 1;     // decode: sequences
  int threads = 1;
  int repetitions = 5;  // after a step or some that do not count
  int depth = 0;  // tokens that are in each sequence's context before; their time is not counted
  // More tokens than the model was trained for: the figures stay right, the text would not.
  bool beyond_context = false;
  KvChoice kv = {};
  LayerTrace* trace = nullptr;  // of the repetitions that count

  // Of one sequence at the end.
  std::int64_t context() const { return std::int64_t{depth} + tokens; }
};

struct SpeedResult {
  std::vector<double> tokens_per_s;  // one a repetition
  std::int64_t macs = 0;             // multiply-adds with weights, in one repetition
  std::int64_t weight_bytes = 0;     // weights read in one repetition, each once a step
  std::int64_t kv_bytes = 0;         // keys and values read in one repetition, each once a step
  std::int64_t tokens = 0;           // of one repetition
};

// Memory for keys and values is taken for this test only, and for as long as it runs.
// Errors: the model's context is too short for the test, the machine's memory too small.
Result<SpeedResult> measure_speed(const Model& model, const SpeedTest& test);

double median(std::vector<double> values);  // not empty

}  // namespace pincer
