// What running a model takes, and whether it fits.
#pragma once

#include <cstdint>
#include <string>

#include "engine/limits/memory_room.h"
#include "pincer/engine/model.h"
#include "pincer/engine/result.h"

namespace pincer {

struct MemoryNeed {
  std::int64_t weights = 0;  // bytes of the pool, or of the FP32 weights on the reference path
  std::int64_t kv = 0;       // bytes of the KV cache when it is full
  std::int64_t working = 0;  // bytes of the forward pass's buffers when a step is full
  int context = 0;           // tokens that a sequence may have
  std::int64_t total() const { return weights + kv + working; }
};

std::int64_t weight_memory(const Model& model);

// An upper bound of the forward pass's buffers for steps of `rows` rows of which `sampled` get
// logits.
std::int64_t working_memory(const ModelConfig& config, int rows, int sampled);

// Error no_space: every number of the sum, what it was compared with, and what to change.
Result<void> check_fits(const std::string& model, const MemoryNeed& need, const MemoryRoom& room);

}  // namespace pincer
