// Writing a model file whose weights are packed for this machine: it loads with no packing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/weight_format.h"

namespace pincer {

struct QuantizeOptions {
  WeightFormat format = kDefaultWeights;
  int threads = 0;                                                      // 0: default_threads()
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // bytes; may be empty
};

// One kind of matrix, of all layers: "qkv", "attention_output", "gate_up", "down", "head".
struct QuantizedKind {
  std::string name;
  std::int64_t weights = 0;
  std::int64_t bytes = 0;       // packed, scales included
  double error_squares = 0;     // sum over all weights of (packed - original)^2
  double weight_squares = 0;    // sum of original^2
  double relative_rms() const;  // sqrt of their quotient; 0 for no weights
  double sqnr_db() const;       // signal to quantization noise, decibels
};

struct QuantizedModel {
  std::vector<QuantizedKind> kinds;
  std::int64_t source_bytes = 0, file_bytes = 0;
};

// Reads the GGUF file `in` and writes `out` (complete or not at all, replacing what is there).
// Errors: `out` is `in`; `in` is packed already; what load_model() says of `in`; no_space, io.
Result<QuantizedModel> quantize_model(const std::filesystem::path& in,
                                      const std::filesystem::path& out,
                                      const QuantizeOptions& options);

}  // namespace pincer
