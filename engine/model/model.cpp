#include "pincer/engine/model.h"

#include "engine/mapping/advice.h"
#include "engine/model/rotation.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

std::int64_t Linear::bytes() const {
  if (packed.header != nullptr) return static_cast<std::int64_t>(packed.header->bytes);
  return dense.rows * dense.cols * static_cast<std::int64_t>(sizeof(float));
}

void Model::embed(std::int32_t token, float* out) const {
  embedding_->row(token, out);
  if (config.embedding_scale != 1.0f) {
    for (int i = 0; i < config.width; ++i) out[i] *= config.embedding_scale;
  }
  if (rotation_ && !turns_inputs_) rotation_->turn(out);
}

void Model::restore_state(float* x) const {
  if (rotation_ && !turns_inputs_) rotation_->turn_back(x);
  for (std::size_t i = 0; i < output_gains_.size(); ++i) x[i] *= output_gains_[i];
}

void Model::turn_input(float* x) const { rotation_->turn(x); }

KvFormat Model::kv_format() const {
  // Larger heads than the INT8 kernels take are rare.
  return reference || config.head_dim > kernels::kMaxHeadDim ? KvFormat::f32 : KvFormat::s8;
}

std::filesystem::path Model::lost_file() const {
  if (pool_ && pool_->lost()) return pool_->path();
  if (source_ && source_->lost()) return source_->path();
  return {};
}

void Model::cool() const {
  if (pool_) advise_cold(std::as_bytes(pool_->memory()));
  if (source_) source_->cool();
}

void Model::will_need() const {
  if (pool_) advise_needed(std::as_bytes(pool_->memory()));
}

std::int64_t Model::weight_bytes() const {
  std::int64_t bytes = head.bytes();
  for (const LayerWeights& w : layers) {
    bytes += w.qkv.bytes() + w.attention_output.bytes() + w.gate_up.bytes() + w.down.bytes();
  }
  return bytes;
}

}  // namespace pincer
