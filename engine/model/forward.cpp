#include "engine/model/forward.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/model/weight_layouts.h"
#include "pincer/kernels/interleave.h"
#include "pincer/kernels/misuse.h"

namespace pincer {
namespace {

// Splits smaller than this cost more than they save: a barrier is some microseconds, a row some
// tenths of one.
constexpr std::int64_t kRowGrain = 8;
// Tokens of an attention task: they read K and V of their sequence together.
constexpr int kTaskTokens = 16;
// Rows that one product call gets: their quantized activations stay in L2 while panels stream by.
constexpr int kProductRows = 512;

std::int64_t padded(std::int64_t k) { return (k + 63) / 64 * 64; }

}  // namespace

Forward::Forward(const Model& model, KvCache& cache, Arena& arena, int max_rows, LayerTrace* trace)
    : model_(model),
      config_(model.config),
      ops_(*model.kernels.elementwise->fn),
      cache_(cache),
      arena_(arena),
      plans_(model, arena.threads()),
      rope_(model.config.rope),
      window_rope_(model.config.window_rope),
      max_rows_(max_rows),
      qkv_width_(config_.q_width() + 2 * config_.kv_width()),
      trace_(trace),
      timer_(trace),
      plain_rows_(static_cast<std::size_t>(arena.threads())),
      attention_scratch_(static_cast<std::size_t>(arena.threads())) {
  const ModelConfig& c = config_;
  const std::int64_t rows = max_rows, widest = std::max({c.width, c.ff, c.q_width()});
  residual_.reserve(rows * c.width);
  normed_.reserve(rows * c.width);
  qkv_.reserve(rows * qkv_width_);
  attended_.reserve(rows * qkv_width_);
  gate_up_.reserve(rows * 2 * c.ff);
  update_.reserve(rows * c.width);
  for (Angles& angles : angles_) {
    angles.cosine.reserve(rows * rope_.half());
    angles.sine.reserve(rows * rope_.half());
  }
  quants_.reserve((rows + plans_.most_interleaved() - 1) * padded(widest));
  quant_scales_.reserve(rows * padded(widest) / 32);
  corrections_.reserve(rows * padded(widest) / 32);
  if (cache_.smooth_k()) learn_centres();
}

void Forward::start(std::span<const Chunk> chunks) {
  chunks_ = chunks;
  update_pending_ = false;
  rows_.clear();
  tasks_.clear();
  max_kv_ = 0;
  for (int i = 0; i < static_cast<int>(chunks.size()); ++i) {
    const Chunk& chunk = chunks[static_cast<std::size_t>(i)];
    const int first_row = static_cast<int>(rows_.size()),
              count = static_cast<int>(chunk.tokens.size());
    for (int t = 0; t < count; ++t) rows_.push_back({i, chunk.position + t});
    for (int t = 0; t < count; t += kTaskTokens) {
      for (int head = 0; head < config_.kv_heads; ++head) {
        tasks_.push_back(
            {i, first_row + t, chunk.position + t, std::min(kTaskTokens, count - t), head});
      }
    }
    max_kv_ = std::max(max_kv_, chunk.position + count);
  }
  assert(static_cast<int>(rows_.size()) <= max_rows_);
  if (cache_.format() != KvFormat::s8) {
    for (auto& s : attention_scratch_) s.scores.reserve(kernels::attention_scratch_floats(max_kv_));
  }
  const auto rows = static_cast<std::int64_t>(rows_.size());
  arena_.split(rows, kRowGrain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      const Row& row = rows_[static_cast<std::size_t>(r)];
      const Chunk& chunk = chunks_[static_cast<std::size_t>(row.chunk)];
      model_.embed(chunk.tokens[static_cast<std::size_t>(row.position - chunk.position)],
                   residual_.get() + r * config_.width);
      for (const bool windowed : {false, true}) {
        if (windowed && config_.sliding_window == 0) continue;
        const std::int64_t at = r * rope_.half();
        (windowed ? window_rope_ : rope_)
            .angles(row.position, angles_[windowed].cosine.get() + at,
                    angles_[windowed].sine.get() + at);
      }
    }
  });
}

void Forward::run(std::span<const Chunk> chunks) {
  arena_.enter([&] {
    start(chunks);
    timer_ = PhaseTimer(trace_);
    for (int layer = 0; layer < config_.layers; ++layer) {
      if (observer_ != nullptr) observer_->before_layer(layer);
      attention_block(layer);
      feed_forward_block(layer);
    }
  });
}

void Forward::attention_block(int layer) {
  const LayerWeights& w = model_.layers[static_cast<std::size_t>(layer)];
  const int rows = static_cast<int>(rows_.size());
  plan_for(w.qkv, rows);
  normalize(w.attention_norm, rows);
  timer_.done(layer, Phase::norm_quantize);
  product(w.qkv, {normed_.get(), rows, config_.width, config_.width}, qkv_.get());
  timer_.done(layer, Phase::qkv, plan_.kernel);
  arena_.split(rows, kRowGrain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      rotate(layer, r);
      if (!learning_) store(layer, r);
    }
  });
  if (learning_) learn_centres_of(layer);
  timer_.done(layer, Phase::rope_cache);
  attention(layer);
  timer_.done(layer, Phase::attention);
  plan_for(w.attention_output, rows);
  arena_.split(rows, kRowGrain, [&](std::int64_t begin, std::int64_t end, int thread) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* x = attended_.get() + r * qkv_width_;
      quantize_row(config_.q_width(), r, thread, [&](const kernels::RowQuants* to) {
        if (to == nullptr) return;
        ops_.quantize_row(x, config_.q_width(), to->k_padded, to->group, to->q, to->scale,
                          to->correction);
      });
    }
  });
  product(w.attention_output, {attended_.get(), rows, config_.q_width(), qkv_width_},
          update_.get());
  set_update(w.post_attention_norm);
  timer_.done(layer, Phase::attention_output, plan_.kernel);
}

void Forward::feed_forward_block(int layer) {
  const LayerWeights& w = model_.layers[static_cast<std::size_t>(layer)];
  const int rows = static_cast<int>(rows_.size()), ff = config_.ff;
  plan_for(w.gate_up, rows);
  normalize(w.ff_norm, rows);
  timer_.done(layer, Phase::ff_norm_quantize);
  product(w.gate_up, {normed_.get(), rows, config_.width, config_.width}, gate_up_.get());
  timer_.done(layer, Phase::gate_up, plan_.kernel);
  // The activation overwrites the gate: rows of ff floats at a stride of 2 ff.
  const auto activate = config_.architecture->activation == Activation::silu
                            ? ops_.silu_rotate_quantize
                            : ops_.gelu_rotate_quantize;
  const int block = model_.reference ? 1 : input_block(w.down.packed.layout());
  plan_for(w.down, rows);
  arena_.split(rows, kRowGrain, [&](std::int64_t begin, std::int64_t end, int thread) {
    for (std::int64_t r = begin; r < end; ++r) {
      float* gate = gate_up_.get() + r * 2 * ff;
      quantize_row(ff, r, thread, [&](const kernels::RowQuants* to) {
        activate(gate, gate + ff, ff, block, gate, to);
      });
    }
  });
  timer_.done(layer, Phase::activation);
  product(w.down, {gate_up_.get(), rows, ff, 2 * ff}, update_.get());
  set_update(w.post_ff_norm);
  if (layer + 1 == config_.layers) add_update(rows);  // for logits(), which may run many times
  timer_.done(layer, Phase::down, plan_.kernel);
}

void Forward::norm_heads(const LayerWeights& w, float* q, float* k) const {
  const auto norm = [&](const float* gain, float* x, int heads) {
    if (gain == nullptr) return;
    for (int head = 0; head < heads; ++head, x += config_.head_dim) {
      ops_.rms_norm(x, gain, config_.norm_eps, config_.head_dim, x);
    }
  };
  norm(w.q_norm, q, config_.heads);
  norm(w.k_norm, k, config_.kv_heads);
}

void Forward::plan_for(const Linear& next, int rows) {
  if (model_.reference) return;
  plan_ = plans_.plan(next, rows);
  group_ = next.packed.layout().group;
}

void Forward::normalize(const float* gain, int rows) {
  const std::int64_t width = config_.width;
  arena_.split(rows, kRowGrain, [&](std::int64_t begin, std::int64_t end, int thread) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* update = update_pending_ ? update_row(r) : nullptr;
      normalize_row(residual_.get() + r * width, update, gain, r, thread);
    }
  });
  update_pending_ = false;
}

void Forward::normalize_row(float* x, const float* update, const float* gain, std::int64_t row,
                            int thread) {
  const int width = config_.width;
  float* normed = normed_.get() + row * width;
  if (!model_.turns_inputs()) {
    float* floats = model_.reference || observer_ != nullptr ? normed : nullptr;
    return quantize_row(width, row, thread, [&](const kernels::RowQuants* to) {
      ops_.add_norm_quantize(x, update, gain, config_.norm_eps, width, floats, to);
    });
  }
  ops_.add_norm_quantize(x, update, gain, config_.norm_eps, width, normed, nullptr);
  model_.turn_input(normed);
  quantize_row(width, row, thread, [&](const kernels::RowQuants* to) {
    ops_.quantize_row(normed, width, to->k_padded, to->group, to->q, to->scale, to->correction);
  });
}

template <class Quantize>
void Forward::quantize_row(int width, std::int64_t row, int thread, Quantize quantize) {
  if (model_.reference) return quantize(nullptr);
  const std::int64_t stride = padded(width);
  const std::int64_t groups = group_ == 0 ? 1 : (width + group_ - 1) / group_;
  const kernels::GemmKernel& kernel = *plan_.kernel;
  const std::int64_t ir = kernel.ir;
  std::int8_t* plain = ir == 1 ? quants_.get() + row * stride
                               : plain_rows_[static_cast<std::size_t>(thread)].reserve(stride);
  const kernels::RowQuants to{stride, group_, plain, quant_scales_.get() + row * groups,
                              corrections_.get() + row * groups};
  quantize(&to);
  if (ir == 1) return;
  kernels::interleave_row(plain, stride, kernel.ik, ir, row % ir,
                          quants_.get() + row / ir * ir * stride);
}

void Forward::product(const Linear& w, kernels::MatrixView<const float> in, float* out) {
  const std::int64_t rows = in.rows;
  if (observer_ != nullptr) observer_->input(w, in);
  if (model_.reference) {
    arena_.split(w.n, 64, [&](std::int64_t begin, std::int64_t end, int) {
      model_.kernels.gemm_f32->fn(
          {in, w.dense, w.bias, {out, rows, w.n, w.n}, 0, rows, begin, end});
    });
    return;
  }
  kernels::GemmArgs args;
  args.w = w.packed;
  args.bias = w.bias;
  args.a.q = quants_.get();
  args.a.stride = padded(w.k);
  args.a.scale = quant_scales_.get();
  args.a.correction = corrections_.get();
  args.a.groups = w.packed.groups();
  args.a.rows = rows;
  args.c = out;
  args.c_stride = w.n;
  args.a.ir = plan_.kernel->ir;
  args.a.ik = plan_.kernel->ik;
  args.m_end = rows;
  args.panel_end = w.packed.panels();
  arena_.split(plan_.threads, 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t thread = begin; thread < end; ++thread) {
      kernels::GemmArgs part = share_of(plan_, args, static_cast<int>(thread));
      const std::int64_t last = part.m_end;
      for (; part.m_begin < last; part.m_begin = part.m_end) {
        part.m_end = std::min<std::int64_t>(last, part.m_begin + kProductRows);
        kernels::call(*plan_.kernel, part);
      }
    }
  });
}

void Forward::set_update(const float* gain) {
  update_pending_ = true;
  update_gain_ = gain;
}

const float* Forward::update_row(std::int64_t row) {
  float* update = update_.get() + row * config_.width;
  if (update_gain_ != nullptr) {
    ops_.rms_norm(update, update_gain_, config_.norm_eps, config_.width, update);
  }
  return update;
}

void Forward::add_update(int rows) {
  if (!std::exchange(update_pending_, false)) return;
  const std::int64_t width = config_.width;
  arena_.split(rows, kRowGrain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      ops_.add(residual_.get() + r * width, update_row(r), width);
    }
  });
}

const float* Forward::state(int row) {
  float* x = residual_.get() + static_cast<std::int64_t>(row) * config_.width;
  ops_.add_norm_quantize(x, nullptr, nullptr, config_.norm_eps, config_.width, normed_.get(),
                         nullptr);
  return normed_.get();
}

void Forward::normalize_for_head(std::span<const int> rows) {
  plan_for(model_.head, static_cast<int>(rows.size()));
  std::int64_t to = 0;
  for (const int row : rows) {
    float* x = residual_.get() + static_cast<std::int64_t>(row) * config_.width;
    normalize_row(x, nullptr, model_.output_norm, to++, 0);
  }
}

void Forward::show_head_input() {
  std::vector<int> rows(rows_.size());
  std::iota(rows.begin(), rows.end(), 0);
  arena_.enter([&] {
    normalize_for_head(rows);
    const auto count = static_cast<std::int64_t>(rows.size());
    observer_->input(model_.head, {normed_.get(), count, config_.width, config_.width});
  });
}

kernels::MatrixView<float> Forward::logits(std::span<const int> rows) {
  const int count = static_cast<int>(rows.size());
  float* out = logits_.reserve(static_cast<std::int64_t>(count) * config_.vocab);
  arena_.enter([&] {
    timer_ = PhaseTimer(trace_);
    normalize_for_head(rows);
    product(model_.head, {normed_.get(), count, config_.width, config_.width}, out);
    timer_.done(config_.layers, Phase::head, plan_.kernel);
  });
  return {out, count, config_.vocab, config_.vocab};
}

}  // namespace pincer
