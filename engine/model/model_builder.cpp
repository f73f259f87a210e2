#include "engine/model/model_builder.h"

#include <fmt/format.h>

#include "engine/model/connect.h"
#include "engine/model/weight_specs.h"
#include "engine/pool/pool_file.h"

namespace pincer {

Result<std::vector<WeightSpec>> ModelBuilder::plan() {
  if (packed_ && options_.reference) {
    return Error{ErrorCode::unsupported,
                 fmt::format("{} holds packed weights only; --reference needs the original file",
                             source_->path().string())};
  }
  auto config = read_model_config(*source_);
  if (!config) return config.error();
  model_->config = std::move(*config);
  model_->reference = options_.reference;
  model_->source_ = source_;
  model_->embedding_ = source_->tensor("token_embd.weight");
  const kernels::Isa isa = options_.isa.value_or(kernels::isa_choice().isa);
  model_->isa = options_.reference ? kernels::Isa::scalar : isa;
  model_->kernels = kernels::choose_kernels(model_->isa);
  model_->format = packed_ ? packed_->format : options_.format;
  WeightLayouts layouts;  // on the reference path nothing is packed nor turned
  if (!options_.reference) {
    model_->rotation_ = std::make_shared<const Rotation>(model_->config.width);
    layouts = weight_layouts(model_->format, model_->kernels, turn_for(*source_));
    model_->turns_inputs_ = layouts.turn == RotationTurn::inputs;
  }
  return plan_weights(*source_, model_->config, layouts, model_->rotation_);
}

Result<std::shared_ptr<const Model>> ModelBuilder::build() {
  auto specs = plan();
  if (!specs) return specs.error();
  auto key = source_key(*source_, *specs);
  if (!key) return key.error();
  model_->source_key_ = *key;
  if (options_.reference) {
    from_floats(*specs);
  } else if (auto pooled = packed_ ? from_image(*specs) : from_pool(*specs); !pooled) {
    return pooled.error();
  }
  for (const WeightSpec& spec : *specs) names_.insert(spec.name);
  connect();
  return std::shared_ptr<const Model>(std::move(model_));
}

Result<void> ModelBuilder::from_image(std::span<const WeightSpec> specs) {
  if (options_.admit) {
    auto admitted = options_.admit(packed_->image.bytes +
                                   static_cast<std::int64_t>(model_->embedding_->data.size()));
    if (!admitted) return admitted;
  }
  const PreferNode prefer(options_.placement.node);
  auto pool = WeightPool::open_image(packed_->image, specs, arena_);
  if (!pool) {
    return Error{pool.error().code,
                 fmt::format("cannot use the packed weights in {}: {}; they are for the kind of "
                             "CPU that they were made on: make the file again on this one from "
                             "the original, with `pincer quantize`",
                             source_->path().string(), pool.error().message)};
  }
  model_->pool_ = std::move(*pool);
  return pincer::place(*model_->pool_, options_.placement);
}

Result<void> ModelBuilder::from_pool(std::span<WeightSpec> specs) {
  const WeightPool::Place place{options_.pool_dir, source_->path().stem().string(),
                                model_->source_key_};
  const std::int64_t bytes = pool_file_bytes(plan_pool(specs));
  if (options_.admit) {
    auto admitted =
        options_.admit(bytes + static_cast<std::int64_t>(model_->embedding_->data.size()));
    if (!admitted) return admitted;
  }
  // The source is read twice: to calibrate, and to pack.
  const auto progress = [&](std::int64_t done, std::int64_t total) {
    source_->let_go();  // the rows are packed: the source is never resident as a whole
    if (options_.progress) options_.progress(total + done, 2 * total);
  };
  const PreferNode prefer(options_.placement.node);
  auto pool = WeightPool::open_or_pack(place, *source_, specs, arena_, progress,
                                       [&] { return calibrate_specs(specs, bytes); });
  calibration_.clear();
  if (!pool) return pool.error();
  model_->pool_ = std::move(*pool);
  return pincer::place(*model_->pool_, options_.placement);
}

Result<void> ModelBuilder::calibrate_specs(std::span<WeightSpec> specs, std::int64_t pool_bytes) {
  const auto tokenizer = Tokenizer::from_gguf(*source_);
  if (!tokenizer) return tokenizer.error();
  const auto progress = [&](int done, int total) {
    source_->let_go();
    if (options_.progress) options_.progress(pool_bytes / total * done, 2 * pool_bytes);
  };
  auto calibration =
      calibrate(*model_, specs, calibration_tokens(**tokenizer, model_->config), arena_, progress);
  if (!calibration) return calibration.error();
  calibration_ = std::move(*calibration);
  for (WeightSpec& spec : specs) {
    const auto found = calibration_.find(spec.name);
    if (found != calibration_.end()) spec.feedback = found->second.feedback();
  }
  return {};
}

void ModelBuilder::from_floats(std::span<const WeightSpec> specs) {
  for (const WeightSpec& spec : specs) {
    std::vector<float>& data =
        model_->dense_.emplace_back(static_cast<std::size_t>(spec.n * spec.k));
    arena_.split(spec.n, 16, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t r = begin; r < end; ++r) spec.row(r, data.data() + r * spec.k);
    });
    dense_[spec.name] = {data.data(), spec.n, spec.k, spec.k};
  }
}

Linear ModelBuilder::linear(const std::string& name) const {
  Linear linear;
  if (model_->pool_) {
    linear.packed = model_->pool_->matrix(name);
    linear.n = static_cast<int>(linear.packed.n());
    linear.k = static_cast<int>(linear.packed.k());
  } else {
    linear.dense = dense_.find(name)->second;
    linear.n = static_cast<int>(linear.dense.rows);
    linear.k = static_cast<int>(linear.dense.cols);
  }
  linear.bias = floats(weight_names::bias(name));
  return linear;
}

const float* ModelBuilder::floats(const std::string& name) const {
  if (!names_.contains(name)) return nullptr;
  return model_->pool_ ? model_->pool_->floats(name) : dense_.find(name)->second.data;
}

void ModelBuilder::connect() {
  for (int l = 0; l < model_->config.layers; ++l) model_->layers.push_back(connect_layer(*this, l));
  model_->output_norm = floats(std::string(weight_names::kOutputNorm));
  model_->head = linear(std::string(weight_names::kHead));
  model_->output_gains_.resize(static_cast<std::size_t>(model_->config.width));
  source_->tensor("output_norm.weight")->row(0, model_->output_gains_.data());
  model_->tuning_dir = options_.tuning_dir;  // not before: calibration is too short to tune for
}

}  // namespace pincer
