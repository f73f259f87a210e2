// Puts a Model together from its source: weights from the pool, or dense floats for the reference
// path.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "engine/model/calibration.h"
#include "engine/model/packed_file.h"
#include "engine/parallel/arena.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/engine/model.h"
#include "pincer/engine/quantize.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

class ModelBuilder {
 public:
  // `packed` says where the weights are, if the source is a packed file.
  ModelBuilder(std::shared_ptr<const gguf::File> source, const LoadOptions& options, Arena& arena,
               std::optional<PackedFile> packed = {})
      : source_(std::move(source)), options_(options), arena_(arena), packed_(std::move(packed)) {}

  Result<std::shared_ptr<const Model>> build();
  // Packs the weights into a file of their own (pincer/engine/quantize.h) instead.
  Result<QuantizedModel> write_packed(const std::filesystem::path& out);

  // The weights, once they are there.
  Linear linear(const std::string& name) const;
  const float* floats(const std::string& name) const;  // null: the model has none, or it is folded

 private:
  // Everything but the weights, and what those are.
  Result<std::vector<WeightSpec>> plan();
  Result<void> from_pool(std::span<WeightSpec> specs);
  Result<void> from_image(std::span<const WeightSpec> specs);
  // Tells the specs what to round by.
  Result<void> calibrate_specs(std::span<WeightSpec> specs, std::int64_t pool_bytes);
  void from_floats(std::span<const WeightSpec> specs);
  void connect();

  std::shared_ptr<const gguf::File> source_;
  const LoadOptions& options_;
  Arena& arena_;
  std::optional<PackedFile> packed_;
  std::set<std::string, std::less<>> names_;  // of the weights
  Calibration calibration_;                   // what the specs point to
  std::shared_ptr<Model> model_ = std::make_shared<Model>();
  std::map<std::string, kernels::MatrixView<const float>, std::less<>>
      dense_;  // the reference path's weights by name
};

}  // namespace pincer
