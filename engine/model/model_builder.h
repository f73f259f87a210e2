// Puts a Model together from its source: weights from the pool, or dense floats for the reference
// path.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "engine/parallel/arena.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/engine/model.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

class ModelBuilder {
 public:
  ModelBuilder(std::shared_ptr<const gguf::File> source, const LoadOptions& options, Arena& arena)
      : source_(std::move(source)), options_(options), arena_(arena) {}

  Result<std::shared_ptr<const Model>> build();

 private:
  Result<void> from_pool(std::span<const WeightSpec> specs);
  void from_floats(std::span<const WeightSpec> specs);
  Linear linear(const std::string& name) const;
  const float* floats(const std::string& name) const;  // null: the model has none, or it is folded
  void connect();

  std::shared_ptr<const gguf::File> source_;
  const LoadOptions& options_;
  Arena& arena_;
  std::set<std::string, std::less<>> names_;  // of the weights
  std::shared_ptr<Model> model_ = std::make_shared<Model>();
  std::map<std::string, kernels::MatrixView<const float>, std::less<>>
      dense_;  // the reference path's weights by name
};

}  // namespace pincer
