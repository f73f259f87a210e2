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
  int repetitions = 5;  // after one that is not counted
  LayerTrace* trace = nullptr;
};

struct SpeedResult {
  std::vector<double> tokens_per_s;  // one a repetition
  std::int64_t macs = 0;             // multiply-adds with weights, in one repetition
  std::int64_t weight_bytes = 0;     // weights read in one repetition, each once a step
  std::int64_t tokens = 0;           // of one repetition
};

// Errors: the context is too short for the test, memory.
Result<SpeedResult> measure_speed(const Model& model, const SpeedTest& test);

double median(std::vector<double> values);  // not empty

}  // namespace pincer
