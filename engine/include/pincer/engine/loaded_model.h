// Everything that is needed to answer with one model: what `run`, `serve` and `perplexity` start
// from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pincer/engine/chat_template.h"
#include "pincer/engine/placement.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"
#include "pincer/engine/weight_format.h"
#include "pincer/kernels/cpu.h"

namespace pincer {

class Model;

struct LoadOptions {
  bool reference = false;  // FP32 weights, scalar kernels
  WeightFormat format = kDefaultWeights;
  std::optional<kernels::Isa>
      isa;  // kernels up to this family; none: what the CPU and PINCER_FORCE_ISA allow
  std::filesystem::path pool_dir;  // where packed weights are kept
  // Where the kernels' tuning is kept (tuned_products.h); empty: the kernels are not tuned.
  std::filesystem::path tuning_dir;
  int threads = 0;      // for packing; 0: as EngineOptions
  Placement placement;  // of the weights
  // Asked once what will be mapped is known, before it is packed or mapped: bytes of the pool and
  // of the embedding table. An error of it is that of the load.
  std::function<Result<void>(std::int64_t bytes)> admit;
  std::function<void(std::int64_t done, std::int64_t total)>
      progress;  // bytes, while packing; may be empty
};

struct LoadedModel {
  std::string name;
  std::shared_ptr<const Model> model;  // configuration and weights
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat;
  int context = 0;          // tokens
  bool packed_now = false;  // false: an existing pool file was used
  double load_seconds = 0;
};

Result<LoadedModel> load_model(const std::filesystem::path& gguf, const LoadOptions& options);

}  // namespace pincer
