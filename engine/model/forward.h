// The forward pass over one batch: rows of several sequences, each attending to its own KV blocks.
//
// A row's result does not depend on what else is in the batch, nor on how a prompt is cut into
// chunks: bit for bit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/kv_blocks.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/product_plans.h"
#include "engine/model/rope.h"
#include "engine/model/scratch.h"
#include "engine/parallel/arena.h"
#include "pincer/engine/layer_trace.h"
#include "pincer/engine/model.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Consecutive tokens of one sequence.
struct Chunk {
  std::span<const TokenId> tokens;
  int position = 0;     // of the first token; earlier positions are in the cache
  KvBlockLists blocks;  // the sequence's: enough for position + tokens.size()
};

// Sees a forward pass from inside, on the thread that runs it. It may split work over the arena.
class ForwardObserver {
 public:
  virtual ~ForwardObserver() = default;
  // The layer's weights have not been looked at yet.
  virtual void before_layer(int layer) = 0;
  // What is about to be multiplied by `weight`, one row a token, as it was before it was quantized.
  virtual void input(const Linear& weight, kernels::MatrixView<const float> rows) = 0;

 protected:
  ForwardObserver() = default;
  ForwardObserver(const ForwardObserver&) = default;
  ForwardObserver& operator=(const ForwardObserver&) = default;
};

// Not thread-safe: the engine thread's.
class Forward {
 public:
  Forward(const Model& model, KvCache& cache, Arena& arena, int max_rows,
          LayerTrace* trace = nullptr);

  int max_rows() const { return max_rows_; }
  // Where the next runs add their times; null: nowhere.
  void set_trace(LayerTrace* trace) { trace_ = trace; }

  // Runs all layers; rows are the chunks' tokens in order, at most max_rows().
  void run(std::span<const Chunk> chunks);

  // Every run is shown to `observer`, which outlives this.
  void show(ForwardObserver& observer) { observer_ = &observer; }
  // Shows it the head's input, of all rows of the last run, and computes no logits.
  void show_head_input();

  // Logits of some rows of the last run: [rows.size()][vocab], valid until the next call.
  kernels::MatrixView<float> logits(std::span<const int> rows);

  // A row of the last run after the last norm without its gains (Model::restore_state): [width],
  // valid until the next call of anything.
  const float* state(int row);

 private:
  struct Row {
    int chunk;
    int position;
  };
  // A piece of attention for one thread: some tokens of one chunk, one KV head with its group of
  // query heads.
  struct Task {
    int chunk;
    int row;       // of the first token
    int position;  // of the first token
    int tokens;
    int kv_head;
  };

  template <class Element>
  struct FloatBlocks {
    std::vector<const Element*> k, v;
  };
  struct AttentionScratch {
    std::vector<const std::uint8_t*> blocks;  // the sequence's, of one KV head
    std::vector<std::int64_t> offset;         // of each query row
    std::vector<std::int32_t> kv_begin, kv_end;
    bool windowed = false;  // kv_begin counts
    FloatBlocks<float> floats;
    FloatBlocks<kernels::Half> halves;
    Scratch<float> scores;
  };

  void start(std::span<const Chunk> chunks);
  void attention_block(int layer);
  void feed_forward_block(int layer);
  void norm_heads(const LayerWeights& weights, float* q, float* k) const;
  void rotate(int layer, std::int64_t row);
  void store(int layer, std::int64_t row);
  // Token `slot` of a KV head's block.
  void store_s8(int layer, int head, const float* k, const float* v, int slot,
                std::uint8_t* block) const;
  void attention(int layer);
  void attend(int layer, const Task& task, int thread);
  void attend_s8(const AttentionScratch& s);
  template <class Kernel, class Element>
  void attend_floats(const Kernel& kernel, FloatBlocks<Element>& blocks, const AttentionScratch& s);
  void learn_centres();
  void learn_centres_of(int layer);
  float* centre(int layer, int head) const {
    return centres_.get() +
           (static_cast<std::int64_t>(layer) * config_.kv_heads + head) * config_.head_dim;
  }
  // residual_ += update_, normalized if update_gain_ says so, if that is pending;
  // RMSNorm(residual_), quantized: the next product's operand.
  void normalize(const float* gain, int rows);
  void normalize_row(float* x, const float* update, const float* gain, std::int64_t row,
                     int thread);
  // How the next product will be computed, which says how its rows are interleaved.
  void plan_for(const Linear& next, int rows);
  // Row `row` of the next product's operand: quantize(to) writes it to `to`, or gets null on the
  // reference path, which reads floats.
  template <class Quantize>
  void quantize_row(int width, std::int64_t row, int thread, Quantize quantize);
  // out[rows][n] = in W^T + bias by plan_; the rows of `in` went through quantize_row(), and only
  // the reference path reads their floats.
  void product(const Linear& weight, kernels::MatrixView<const float> in, float* out);
  // update_ is to be added to the residual stream, after RMSNorm with `gain` (null: as it is).
  void set_update(const float* gain);
  // The row of update_, ready to be added.
  const float* update_row(std::int64_t row);
  void add_update(int rows);
  // Rows of the residual stream: the head's operand.
  void normalize_for_head(std::span<const int> rows);

  const Model& model_;
  const ModelConfig& config_;
  const kernels::ElementwiseTable& ops_;
  KvCache& cache_;
  Arena& arena_;
  ProductPlans plans_;
  kernels::ProductPlan plan_;  // of the next product
  std::int64_t group_ = 0;     // of its activations, as kernels::Layout::group
  Rope rope_, window_rope_;    // of layers that see all keys, and with a window
  int max_rows_;
  std::int64_t qkv_width_;  // floats in a row of qkv_, and of attended_
  LayerTrace* trace_;
  PhaseTimer timer_;

  std::span<const Chunk> chunks_;
  std::vector<Row> rows_;
  std::vector<Task> tasks_;
  int max_kv_ = 0;                      // keys that the longest row of the batch sees
  bool update_pending_ = false;         // update_ is not in residual_ yet
  const float* update_gain_ = nullptr;  // of RMSNorm of update_ before it is added; null: none
  // Row-major with max_rows_ rows. attended_ has the shape of qkv_, filled where the queries are.
  Scratch<float> residual_, normed_, qkv_, attended_, gate_up_, update_;
  struct Angles {
    Scratch<float> cosine, sine;  // [rows][rope_dim / 2]
  };
  Angles angles_[2];  // by whether the layer has a window; the second only in models with windows
  Scratch<float> logits_;
  Scratch<std::int8_t> quants_;                      // QuantizedRows::q
  std::vector<Scratch<std::int8_t>> plain_rows_;     // one a thread: a row before it is interleaved
  Scratch<float> quant_scales_;                      // [rows][groups]
  Scratch<std::int32_t> corrections_;                // [rows][groups]
  std::vector<AttentionScratch> attention_scratch_;  // one a thread
  Scratch<float> centres_;  // [layers][kv_heads][head_dim], with smooth-K: taken away from keys
  bool learning_ = false;
  ForwardObserver* observer_ = nullptr;
};

}  // namespace pincer
