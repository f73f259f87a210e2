#include "engine/model/weight_specs.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <set>

namespace pincer {
namespace weight_names {
std::string attention_norm(int layer) { return fmt::format("blk.{}.attention_norm", layer); }
std::string qkv(int layer) { return fmt::format("blk.{}.qkv", layer); }
std::string attention_output(int layer) { return fmt::format("blk.{}.attention_output", layer); }
std::string ff_norm(int layer) { return fmt::format("blk.{}.ff_norm", layer); }
std::string gate_up(int layer) { return fmt::format("blk.{}.gate_up", layer); }
std::string down(int layer) { return fmt::format("blk.{}.down", layer); }
std::string q_norm(int layer) { return fmt::format("blk.{}.q_norm", layer); }
std::string k_norm(int layer) { return fmt::format("blk.{}.k_norm", layer); }
std::string post_attention_norm(int layer) {
  return fmt::format("blk.{}.post_attention_norm", layer);
}
std::string post_ff_norm(int layer) { return fmt::format("blk.{}.post_ff_norm", layer); }
std::string bias(const std::string& weight) { return weight + ".bias"; }
}  // namespace weight_names

namespace {

// Gains of a norm that are multiplied into the columns of a weight; null: none.
using Gains = std::shared_ptr<const std::vector<float>>;

// Some rows of a weight: a tensor, how its rows are ordered, and the bias of its outputs.
struct Part {
  const gguf::Tensor* tensor = nullptr;
  const gguf::Tensor* bias = nullptr;
  int head_dim = 0;  // not 0: rows are heads whose rotary pairs are interleaved; they become halves
  int rope_dim = 0;
  int block = 1;  // rows get the signs of a Hadamard transform of such blocks that follows

  float sign(std::int64_t row) const { return block == 1 ? 1 : hadamard_sign(row % block); }

  // Pairs (2i, 2i+1) of a head become (i, i + rope_dim / 2): the same products q k, with one form
  // of rotary embedding.
  std::int64_t source_row(std::int64_t row) const {
    if (head_dim == 0) return row;
    const std::int64_t head = row / head_dim * head_dim, r = row % head_dim;
    if (r >= rope_dim) return row;
    const std::int64_t half = rope_dim / 2;
    return head + (r < half ? 2 * r : 2 * (r - half) + 1);
  }
};

class Planner {
 public:
  Planner(const gguf::File& file, const ModelConfig& config, const WeightLayouts& layouts,
          std::shared_ptr<const Rotation> rotation)
      : file_(file), config_(config), layouts_(layouts), rotation_(std::move(rotation)) {}

  // "attn_q" of layer l: "blk.l.attn_q.weight", and ".bias" if that is there.
  Part part(const std::string& stem, std::int64_t n, std::int64_t k) {
    Part p{need(stem + ".weight", n, k)};
    if (file_.tensor(stem + ".bias") != nullptr) p.bias = need(stem + ".bias", 1, n);
    return p;
  }

  // Query and key rows, whose rotary pairs are brought into halves.
  Part rotary(const std::string& stem, std::int64_t n, std::int64_t k) {
    Part p = part(stem, n, k);
    if (config_.architecture->rope == RopeStyle::interleaved) {
      p.head_dim = config_.head_dim;
      p.rope_dim = config_.rope.dim;
    }
    return p;
  }

  // The gains to fold into what follows, or, unfolded, a weight of its own.
  Gains norm(std::string name, const std::string& tensor) {
    const gguf::Tensor* t = need(tensor, 1, config_.width);
    if (!error_.empty()) return nullptr;
    if (!stream_turn()) {
      add_floats(std::move(name), config_.width, [t](float* out) { t->row(0, out); });
      return nullptr;
    }
    auto gains = std::make_shared<std::vector<float>>(static_cast<std::size_t>(config_.width));
    t->row(0, gains->data());
    return gains;
  }

  // A norm that is never folded, if the file has it.
  void optional_norm(std::string name, const std::string& tensor, std::int64_t n) {
    if (file_.tensor(tensor) == nullptr) return;
    const gguf::Tensor* t = need(tensor, 1, n);
    add_floats(std::move(name), n, [t](float* out) { t->row(0, out); });
  }

  // A matrix whose input is the normalized residual stream.
  void add_reader(std::string name, std::vector<Part> parts, Gains gains) {
    add(std::move(name), std::move(parts), {std::move(gains), rotation_});
  }

  // A matrix whose output is added to the residual stream, and whose input comes in blocks that
  // were multiplied by a Hadamard matrix.
  void add_writer(std::string name, Part part, int input_block) {
    if (part.bias != nullptr) {
      add_floats(weight_names::bias(name), config_.width,
                 [bias = part.bias, turn = stream_turn()](float* out) {
                   bias->row(0, out);
                   if (turn) turn->turn(out);
                 });
    }
    add(std::move(name), {part}, {.block = input_block});
    if (!error_.empty() || !stream_turn()) return;
    specs_.back().mix_rows = [turn = stream_turn()](float* columns, std::int64_t count) {
      turn->turn_columns(columns, count);
    };
  }

  // The biases of a reader's parts, zero where a part has none; `finish` gets all of them.
  void add_biases(const std::string& weight, const std::vector<Part>& parts,
                  const std::function<void(float* biases)>& finish = {}) {
    if (std::none_of(parts.begin(), parts.end(), [](const Part& p) { return p.bias != nullptr; })) {
      return;
    }
    std::int64_t n = 0;
    for (const Part& p : parts) n += p.tensor->rows();
    add_floats(weight_names::bias(weight), n, [parts, finish](float* out) {
      float* to = out;
      for (const Part& p : parts) {
        std::vector<float> values(static_cast<std::size_t>(p.tensor->rows()));
        if (p.bias != nullptr) p.bias->row(0, values.data());
        for (std::int64_t r = 0; r < p.tensor->rows(); ++r) {
          *to++ = p.sign(r) * values[static_cast<std::size_t>(p.source_row(r))];
        }
      }
      if (finish) finish(out);
    });
  }

  void add_floats(std::string name, std::int64_t n, std::function<void(float* out)> write) {
    if (!error_.empty()) return;
    WeightSpec spec;
    spec.name = std::move(name);
    spec.kind = WeightSpec::Kind::floats;
    spec.n = 1;
    spec.k = n;
    spec.row = [write = std::move(write)](std::int64_t, float* out) { write(out); };
    specs_.push_back(std::move(spec));
  }

  // What is done to the columns of a weight, because its input is the other way around.
  struct Columns {
    Gains gains = nullptr;
    std::shared_ptr<const Rotation> turn = nullptr;
    int block = 1;  // of a Hadamard transform with its signs

    float factor(std::int64_t i) const {
      return (gains ? (*gains)[static_cast<std::size_t>(i)] : 1) *
             (block == 1 ? 1 : hadamard_sign(i % block));
    }
  };

  void add(std::string name, std::vector<Part> parts, Columns columns) {
    if (!error_.empty()) return;
    WeightSpec spec;
    spec.name = std::move(name);
    spec.layout = spec.name == weight_names::kHead ? layouts_.head : layouts_.layers;
    spec.k = parts.front().tensor->cols();
    for (const Part& p : parts) spec.n += p.tensor->rows();
    spec.row = [parts = std::move(parts), columns = std::move(columns), k = spec.k](
                   std::int64_t row, float* out) {
      auto part = parts.begin();
      while (row >= part->tensor->rows()) row -= (part++)->tensor->rows();
      part->tensor->row(part->source_row(row), out);
      const float sign = part->sign(row);
      for (std::int64_t i = 0; i < k; ++i) out[i] *= sign * columns.factor(i);
      if (columns.turn) columns.turn->turn(out);
      hadamard_columns(out, k, columns.block, 1);
    };
    specs_.push_back(std::move(spec));
  }

  // Of what is written to the residual stream; null: it stays as it is.
  std::shared_ptr<const Rotation> stream_turn() const {
    return layouts_.turn == RotationTurn::stream ? rotation_ : nullptr;
  }

  void layer(int l);
  void attention(int l);
  Result<std::vector<WeightSpec>> finish();

 private:
  // A tensor of n rows and k columns.
  const gguf::Tensor* need(const std::string& tensor, std::int64_t n, std::int64_t k) {
    const gguf::Tensor* t = file_.tensor(tensor);
    used_.insert(tensor);
    if (t == nullptr) {
      fail(fmt::format("has no tensor '{}'; the file is incomplete, fetch or convert it again",
                       tensor));
    } else if (t->cols() != k || t->rows() != n) {
      fail(
          fmt::format("has tensor '{}' of {} x {} values, but its metadata asks for {} x {}; the "
                      "file is damaged",
                      tensor, t->rows(), t->cols(), n, k));
    }
    return t;
  }

  void fail(const std::string& what) {
    if (error_.empty()) error_ = fmt::format("{} {}", file_.path().string(), what);
  }

  const gguf::File& file_;
  const ModelConfig& config_;
  const WeightLayouts& layouts_;
  const std::shared_ptr<const Rotation> rotation_;
  std::set<std::string, std::less<>> used_ = {"token_embd.weight", "rope_freqs.weight"};
  std::vector<WeightSpec> specs_;
  std::string error_;
};

// "blk.0.attn_q", without ".weight".
std::string stem_of(int layer, std::string_view suffix) {
  return fmt::format("blk.{}.{}", layer, suffix);
}

void Planner::attention(int l) {
  const ModelConfig& c = config_;
  const auto stem = [l](std::string_view suffix) { return stem_of(l, suffix); };
  const Gains gains = norm(weight_names::attention_norm(l), stem("attn_norm") + ".weight");
  std::vector<Part> parts = {rotary(stem("attn_q"), c.q_width(), c.width),
                             rotary(stem("attn_k"), c.kv_width(), c.width),
                             part(stem("attn_v"), c.kv_width(), c.width)};
  const Part output = part(stem("attn_output"), c.width, c.q_width());
  if (!error_.empty()) return;
  // Attention adds values up with weights: that commutes with a transform of each head's values,
  // which v's rows bring in and the output's columns undo.
  const int block = layouts_.rotate_values ? hadamard_block(c.head_dim) : 1;
  parts.back().block = block;
  const auto mix_values = [first = c.q_width() + c.kv_width(), rows = c.kv_width(), block](
                              float* columns, std::int64_t count) {
    hadamard_columns(columns + first * count, rows, block, count);
  };
  add_biases(weight_names::qkv(l), parts, [mix_values](float* biases) { mix_values(biases, 1); });
  add_reader(weight_names::qkv(l), parts, gains);
  if (block > 1) specs_.back().mix_rows = mix_values;
  optional_norm(weight_names::q_norm(l), stem("attn_q_norm") + ".weight", c.head_dim);
  optional_norm(weight_names::k_norm(l), stem("attn_k_norm") + ".weight", c.head_dim);
  add_writer(weight_names::attention_output(l), output, block);
  specs_.back().layout = layouts_.attention_output;
  optional_norm(weight_names::post_attention_norm(l), stem("post_attention_norm") + ".weight",
                c.width);
}

void Planner::layer(int l) {
  const ModelConfig& c = config_;
  const auto stem = [l](std::string_view suffix) { return stem_of(l, suffix); };
  attention(l);
  const Gains gains = norm(weight_names::ff_norm(l), stem("ffn_norm") + ".weight");
  std::vector<Part> parts = {part(stem("ffn_gate"), c.ff, c.width),
                             part(stem("ffn_up"), c.ff, c.width)};
  const Part down = part(stem("ffn_down"), c.width, c.ff);
  if (!error_.empty()) return;
  const int block = layouts_.rotate_down ? hadamard_block(c.ff) : 1;
  parts.back().block = block;
  add_biases(weight_names::gate_up(l), parts);
  add_reader(weight_names::gate_up(l), parts, gains);
  add_writer(weight_names::down(l), down, block);
  specs_.back().layout.transform =
      transform_of(rotation_ != nullptr, std::countr_zero(static_cast<unsigned>(block)));
  optional_norm(weight_names::post_ff_norm(l), stem("post_ffw_norm") + ".weight", c.width);
}

Result<std::vector<WeightSpec>> Planner::finish() {
  const Gains gains = norm(std::string(weight_names::kOutputNorm), "output_norm.weight");
  const char* head = config_.tied_embeddings ? "token_embd" : "output";
  add_reader(std::string(weight_names::kHead), {part(head, config_.vocab, config_.width)}, gains);
  for (const gguf::Tensor& t : file_.tensors()) {
    if (!used_.contains(t.name)) {
      fail(fmt::format(
          "has a tensor '{}' that this engine does not know for '{}' models; its answers would be "
          "wrong without it, so the model is refused",
          t.name, config_.architecture->name));
      break;
    }
  }
  if (!error_.empty()) return Error{ErrorCode::unsupported, error_};
  return std::move(specs_);
}

}  // namespace

Result<std::vector<WeightSpec>> plan_weights(const gguf::File& file, const ModelConfig& config,
                                             const WeightLayouts& layouts,
                                             std::shared_ptr<const Rotation> rotation) {
  Planner planner(file, config, layouts, std::move(rotation));
  for (int l = 0; l < config.layers; ++l) planner.layer(l);
  return planner.finish();
}

RotationTurn turn_for(const gguf::File& file) {
  const bool norms_before_stream = file.tensor("blk.0.post_attention_norm.weight") != nullptr ||
                                   file.tensor("blk.0.post_ffw_norm.weight") != nullptr;
  return norms_before_stream ? RotationTurn::inputs : RotationTurn::stream;
}

}  // namespace pincer
