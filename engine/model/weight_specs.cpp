#include "engine/model/weight_specs.h"

#include <fmt/format.h>

#include <bit>
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
}  // namespace weight_names

namespace {

// Gains of a norm that are multiplied into the columns of a weight; null: none.
using Gains = std::shared_ptr<const std::vector<float>>;

// One source tensor of a weight, and how its rows are ordered.
struct Part {
  const gguf::Tensor* tensor = nullptr;
  int head_dim = 0;  // not 0: rows are heads whose rotary pairs are interleaved; they become halves
  int rope_dim = 0;

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

  Part part(const std::string& tensor, std::int64_t n, std::int64_t k) {
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
    return {t};
  }

  // Query and key rows, whose rotary pairs are brought into halves.
  Part rotary(const std::string& tensor, std::int64_t n, std::int64_t k) {
    Part p = part(tensor, n, k);
    if (config_.architecture->rope == RopeStyle::interleaved) {
      p.head_dim = config_.head_dim;
      p.rope_dim = config_.rope.dim;
    }
    return p;
  }

  // The gains to fold into what follows, or, unfolded, a weight of its own.
  Gains norm(std::string name, const std::string& tensor) {
    const Part p = part(tensor, 1, config_.width);
    if (!error_.empty()) return nullptr;
    if (!rotation_) {
      add(std::move(name), {p}, Columns{});
      specs_.back().kind = WeightSpec::Kind::floats;
      return nullptr;
    }
    auto gains = std::make_shared<std::vector<float>>(static_cast<std::size_t>(config_.width));
    p.tensor->row(0, gains->data());
    return gains;
  }

  // A matrix whose input is the normalized residual stream.
  void add_reader(std::string name, std::vector<Part> parts, Gains gains) {
    add(std::move(name), std::move(parts), {std::move(gains), rotation_});
  }

  // A matrix whose output is added to the residual stream, and whose input comes in blocks that
  // were multiplied by a Hadamard matrix.
  void add_writer(std::string name, Part part, int input_block) {
    add(std::move(name), {part}, {.block = input_block});
    if (!error_.empty() || !rotation_) return;
    specs_.back().mix_rows = [turn = rotation_](float* columns, std::int64_t count) {
      turn->turn_columns(columns, count);
    };
  }

  // What is done to the columns of a weight, because its input is the other way around.
  struct Columns {
    Gains gains = nullptr;
    std::shared_ptr<const Rotation> turn = nullptr;
    int block = 1;  // of a Hadamard transform
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
      for (const Part& p : parts) {
        if (row >= p.tensor->rows()) {
          row -= p.tensor->rows();
          continue;
        }
        p.tensor->row(p.source_row(row), out);
        break;
      }
      if (columns.gains) {
        for (std::size_t i = 0; i < columns.gains->size(); ++i) out[i] *= (*columns.gains)[i];
      }
      if (columns.turn) columns.turn->turn(out);
      hadamard_columns(out, k, columns.block, 1);
    };
    specs_.push_back(std::move(spec));
  }

  void layer(int l);
  void attention(int l);
  Result<std::vector<WeightSpec>> finish();

 private:
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

std::string tensor_name(int layer, std::string_view suffix) {
  return fmt::format("blk.{}.{}.weight", layer, suffix);
}

void Planner::attention(int l) {
  const ModelConfig& c = config_;
  const auto name = [l](std::string_view suffix) { return tensor_name(l, suffix); };
  const Gains attention_gains = norm(weight_names::attention_norm(l), name("attn_norm"));
  add_reader(
      weight_names::qkv(l),
      {rotary(name("attn_q"), c.q_width(), c.width), rotary(name("attn_k"), c.kv_width(), c.width),
       part(name("attn_v"), c.kv_width(), c.width)},
      attention_gains);
  // Attention adds values up with weights: that commutes with a transform of each head's values,
  // which v's rows bring in and the output's columns undo.
  const int block = layouts_.rotate_values ? hadamard_block(c.head_dim) : 1;
  if (block > 1 && error_.empty()) {
    specs_.back().mix_rows = [first = c.q_width() + c.kv_width(), rows = c.kv_width(), block](
                                 float* columns, std::int64_t count) {
      hadamard_columns(columns + first * count, rows, block, count);
    };
  }
  add_writer(weight_names::attention_output(l), part(name("attn_output"), c.width, c.q_width()),
             block);
}

void Planner::layer(int l) {
  const ModelConfig& c = config_;
  const auto name = [l](std::string_view suffix) { return tensor_name(l, suffix); };
  attention(l);
  const Gains ff_gains = norm(weight_names::ff_norm(l), name("ffn_norm"));
  add_reader(weight_names::gate_up(l),
             {part(name("ffn_gate"), c.ff, c.width), part(name("ffn_up"), c.ff, c.width)},
             ff_gains);
  const int block = layouts_.rotate_down ? hadamard_block(c.ff) : 1;
  add_writer(weight_names::down(l), part(name("ffn_down"), c.width, c.ff), block);
  if (!error_.empty()) return;
  specs_.back().layout.transform =
      transform_of(rotation_ != nullptr, std::countr_zero(static_cast<unsigned>(block)));
}

Result<std::vector<WeightSpec>> Planner::finish() {
  const Gains gains = norm(std::string(weight_names::kOutputNorm), "output_norm.weight");
  const char* head = config_.tied_embeddings ? "token_embd.weight" : "output.weight";
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

}  // namespace pincer
