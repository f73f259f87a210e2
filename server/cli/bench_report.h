// The results of `pincer bench`, and how they are printed.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "pincer/engine/layer_trace.h"
#include "pincer/engine/speed.h"

namespace pincer {

// What the machine can do with a number of threads.
struct BenchLimits {
  double read_gb_s = 0;          // from memory: a working set beyond the last-level cache
  double read_weights_gb_s = 0;  // again and again over as many bytes as a token's weights
  double int8_gmac_s = 0;
};

struct BenchRow {
  std::string model, name;  // "pp512", "tg128", "batch8"
  int threads = 1, batch = 1, depth = 0;
  bool beyond_context = false;  // longer than what the model was trained for
  SpeedResult speed;
  std::vector<std::array<LayerTrace::Cell, kPhases>> layers;  // with --layers; the last: the head
};

struct BenchReport {
  std::string cpu, date, kernels;
  std::string weights;                // the format that they are packed in
  int context = 0;                    // of the model
  std::int64_t weight_bytes = 0;      // read once per decoded token
  std::map<int, BenchLimits> limits;  // by threads: of every row
  std::vector<BenchRow> rows;
};

// What a row says, by its median.
struct BenchFigures {
  double tokens_per_s = 0, min = 0, max = 0;
  double gb_s = 0;    // weights, and keys and values, each read once a step
  double gmac_s = 0;  // with weights
  double share_of_read = 0, share_of_read_weights = 0, share_of_int8_peak = 0;
};
BenchFigures figures(const BenchRow& row, const BenchLimits& limits);

std::string to_markdown(const BenchReport& report);
std::string to_json(const BenchReport& report);
std::string to_csv(const BenchReport& report);  // without layers

}  // namespace pincer
