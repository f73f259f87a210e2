// A model: its configuration (from GGUF metadata) and its weights, immutable once loaded.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/gguf.h"
#include "pincer/engine/kv_format.h"
#include "pincer/engine/result.h"
#include "pincer/engine/weight_format.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer {

// How the two values that a rotary embedding turns lie in a head: (2i, 2i+1) or (i, i + half).
enum class RopeStyle { interleaved, halves };
enum class Activation { silu, gelu };

// One family of models: what the metadata of a file does not say. Adding a family is adding a row
// to kArchitectures.
struct Architecture {
  std::string_view name;  // general.architecture
  RopeStyle rope;
  Activation activation;          // of the gate in the gated MLP
  bool scaled_embedding = false;  // the residual stream begins with sqrt(width) times the embedding
  // Of attention.sliding_window: layer l has it if l % period != period - 1, unless the file has a
  // pattern of its own; 0: a window in the file is ignored.
  int window_period = 0;
  float window_rope_base = 0.0f;  // of layers with a window, without scaling; 0: as the others
  // A model with so many layers divides scores by sqrt(width / heads) instead of sqrt(head_dim); 0:
  // none does.
  int layers_scaled_by_width = 0;
};

// Null when the engine does not know it; supported_architectures() is for the error message.
const Architecture* find_architecture(std::string_view name);
std::string supported_architectures();

// What an embedding is made of: the final states of all tokens, of the first or of the last one.
enum class Pooling { mean, first, last };

enum class RopeScaling { none, linear, yarn };

struct RopeConfig {
  float base = 10000.0f;
  int dim = 0;  // values of a head that are turned, from its start
  RopeScaling scaling = RopeScaling::none;
  float factor = 1.0f;                        // context extension
  float attention_factor = 1.0f;              // yarn: multiplies cos and sin
  int original_context = 0;                   // yarn
  float beta_fast = 32.0f, beta_slow = 1.0f;  // yarn
  std::vector<float> divisors;                // Llama 3: rope_freqs.weight, [dim / 2], or empty
};

struct ModelConfig {
  const Architecture* architecture = nullptr;
  std::string name;  // general.name
  int layers = 0;
  int width = 0;  // embedding length
  int heads = 0, kv_heads = 0;
  int head_dim = 0;
  int ff = 0;  // feed-forward length
  int vocab = 0;
  int context = 0;  // tokens the model was trained for
  float norm_eps = 1e-5f;
  float embedding_scale = 1.0f;
  float attention_scale = 1.0f;  // of the scores q k
  RopeConfig rope;
  RopeConfig window_rope;        // of layers with a window
  int sliding_window = 0;        // keys that a layer with a window sees, the token's own included
  std::vector<bool> windowed;    // [layers]: which have it; empty: none
  bool tied_embeddings = false;  // the head is the embedding
  Pooling pooling = Pooling::mean;  // of embeddings

  int q_width() const { return heads * head_dim; }
  int kv_width() const { return kv_heads * head_dim; }
  // The last keys that the layer sees, the token's own included; 0: all.
  int window(int layer) const {
    return !windowed.empty() && windowed[static_cast<std::size_t>(layer)] ? sliding_window : 0;
  }
  // Weights that take part in a token's matrix products, the head included.
  std::int64_t matmul_weights() const;
};

// Errors name the file, the key, the value and what is supported.
Result<ModelConfig> read_model_config(const gguf::File& file);

// y = W x (+ bias): packed INT8, or dense FP32 on the reference path.
struct Linear {
  int n = 0, k = 0;
  kernels::PackedMatrix packed;  // header == nullptr: dense is used
  kernels::MatrixView<const float> dense;
  const float* bias = nullptr;  // [n]; null: none
  std::int64_t bytes() const;   // read once per product
};

// Gains of norms are [width]; null: ones, the packed matrices hold them.
struct LayerWeights {
  const float* attention_norm = nullptr;
  Linear qkv;  // rows: q, k, v; q and k with halves-style rope rows
  // RMSNorm of each head of q and k before the rotary embedding, [head_dim]; null: none.
  const float *q_norm = nullptr, *k_norm = nullptr;
  Linear attention_output;
  // RMSNorm of what is added to the residual stream; null: none.
  const float *post_attention_norm = nullptr, *post_ff_norm = nullptr;
  const float* ff_norm = nullptr;
  Linear gate_up;  // rows: gate, up
  Linear down;
};

class Rotation;
class WeightPool;

class Model {
 public:
  ModelConfig config;
  kernels::KernelTable kernels;
  kernels::Isa isa = kernels::Isa::scalar;  // the limit that they were chosen under
  std::filesystem::path tuning_dir;         // of LoadOptions
  bool reference = false;
  WeightFormat format = kDefaultWeights;  // of packed weights
  std::vector<LayerWeights> layers;
  const float* output_norm = nullptr;  // null: ones
  Linear head;

  // The residual stream's first value: row `token` of the embedding, from the source file, turned
  // as the weights are.
  void embed(std::int32_t token, float* out) const;

  // Whether each normalized row of the residual stream goes through turn_input() before it is
  // quantized, x [width]; else the stream is turned already, or, on the reference path, nothing is.
  bool turns_inputs() const { return turns_inputs_; }
  void turn_input(float* x) const;

  // From a row of the residual stream, normalized without the output norm's gains, or a sum of such
  // rows, to what the model has there as its file defines it: turned back, with the gains. x:
  // [width].
  void restore_state(float* x) const;

  // What keys and values are kept in where nothing else is asked for: f32 on the reference path.
  KvFormat kv_format() const;
  // Of what this model was made: the source file, the layout of the weights, the packer's version.
  const std::array<std::uint8_t, 16>& source_key() const { return source_key_; }

  const std::shared_ptr<const WeightPool>& pool() const {
    return pool_;
  }  // null on the reference path
  std::int64_t weight_bytes() const;  // read once per decoded token: all layers and the head
  // The file of which a part was lost while it was mapped (mapping/loss_guard.h), so that what was
  // computed since is worthless; empty when all is well. Cheap enough for every step.
  std::filesystem::path lost_file() const;
  // Hints to the system about the model's pages (mapping/advice.h): it will not be used for some
  // time, or is about to be. The weights stay as they are.
  void cool() const;
  void will_need() const;

 private:
  friend class ModelBuilder;
  std::shared_ptr<const gguf::File> source_;
  std::array<std::uint8_t, 16> source_key_{};
  const gguf::Tensor* embedding_ = nullptr;
  std::shared_ptr<const WeightPool> pool_;
  std::shared_ptr<const Rotation> rotation_;  // null: nothing is turned
  std::vector<float> output_gains_;           // of the output norm, [width]
  bool turns_inputs_ = false;
  std::vector<std::vector<float>> dense_;  // the reference path's weights
};

}  // namespace pincer
