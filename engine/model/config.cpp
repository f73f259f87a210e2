// GGUF metadata to ModelConfig: every value is untrusted and bounded here, so that later code may
// rely on it.
#include <fmt/format.h>

#include <cmath>

#include "pincer/engine/model.h"

namespace pincer {
namespace {

// Reads keys of one architecture ("llama.block_count") and remembers the first error.
class Reader {
 public:
  Reader(const gguf::File& file, std::string_view prefix) : file_(file), prefix_(prefix) {}

  int integer(std::string_view key, std::int64_t low, std::int64_t high,
              std::optional<int> fallback = std::nullopt) {
    const std::string name = fmt::format("{}.{}", prefix_, key);
    const auto value = file_.get_int(name);
    if (!value) {
      if (!fallback || file_.metadata().contains(name)) {
        fail(
            fmt::format("has no integer '{}'; the file is incomplete or made for another tool, "
                        "convert the model again",
                        name));
      }
      return fallback.value_or(0);
    }
    if (*value < low || *value > high) {
      fail(fmt::format("says {} = {}, but {} to {} is possible; the file is damaged or hostile",
                       name, *value, low, high));
      return static_cast<int>(low);
    }
    return static_cast<int>(*value);
  }

  float number(std::string_view key, double low, double high, float fallback) {
    const std::string name = fmt::format("{}.{}", prefix_, key);
    const auto value = file_.get_float(name);
    if (!value) return fallback;
    if (!(*value >= low && *value <= high)) {
      fail(fmt::format("says {} = {}, but {} to {} is possible; the file is damaged or hostile",
                       name, *value, low, high));
      return fallback;
    }
    return static_cast<float>(*value);
  }

  std::string text(std::string_view key) const {
    const std::string* s = file_.get_string(fmt::format("{}.{}", prefix_, key));
    return s ? *s : std::string();
  }

  void fail(const std::string& what) {
    if (error_.empty()) error_ = fmt::format("{} {}", file_.path().string(), what);
  }
  const std::string& error() const { return error_; }

 private:
  const gguf::File& file_;
  std::string_view prefix_;
  std::string error_;
};

RopeConfig read_rope(Reader& reader, const gguf::File& file, const ModelConfig& c) {
  RopeConfig rope;
  rope.base = reader.number("rope.freq_base", 1.0, 1e12, 10000.0f);
  rope.dim = reader.integer("rope.dimension_count", 2, c.head_dim, c.head_dim);
  if (rope.dim % 2 != 0) reader.fail(fmt::format("has an odd rope dimension {}", rope.dim));
  const std::string type = reader.text("rope.scaling.type");
  // Old converters wrote the linear factor alone.
  const float old_factor = reader.number("rope.scale_linear", 1e-3, 1e6, 1.0f);
  rope.factor = reader.number("rope.scaling.factor", 1e-3, 1e6, old_factor);
  rope.original_context =
      reader.integer("rope.scaling.original_context_length", 1, 1 << 28, c.context);
  rope.attention_factor = reader.number("rope.scaling.attn_factor", 1e-3, 1e3, 1.0f);
  rope.beta_fast = reader.number("rope.scaling.yarn_beta_fast", 1e-3, 1e6, 32.0f);
  rope.beta_slow = reader.number("rope.scaling.yarn_beta_slow", 1e-3, 1e6, 1.0f);
  if (type == "linear" || (type.empty() && rope.factor != 1.0f)) {
    rope.scaling = RopeScaling::linear;
  } else if (type == "yarn") {
    rope.scaling = RopeScaling::yarn;
  } else if (!type.empty() && type != "none") {
    reader.fail(fmt::format("uses rope scaling '{}'; none, linear and yarn are supported", type));
  }
  if (const gguf::Tensor* t = file.tensor("rope_freqs.weight")) {
    if (t->shape.size() != 1 || t->cols() != rope.dim / 2) {
      reader.fail(fmt::format("has rope_freqs.weight of {} values; {} are needed", t->cols(),
                              rope.dim / 2));
      return rope;
    }
    rope.divisors.resize(static_cast<std::size_t>(t->cols()));
    t->row(0, rope.divisors.data());
    for (const float d : rope.divisors) {
      if (!(std::isfinite(d) && d > 0))
        reader.fail("has rope_freqs.weight values that are not positive");
    }
  }
  return rope;
}

// llama.cpp's numbers of pooling types; 0, "none", is what files of chat models may say.
Pooling read_pooling(Reader& reader) {
  constexpr Pooling kTypes[] = {Pooling::mean, Pooling::mean, Pooling::first, Pooling::last};
  return kTypes[reader.integer("pooling_type", 0, 3, 0)];
}

// Which layers have a sliding window: by the file's pattern, a period or a list, or by the
// family's.
void read_windows(Reader& reader, const gguf::File& file, ModelConfig& c) {
  const Architecture& a = *c.architecture;
  c.window_rope = c.rope;
  if (a.window_period == 0) return;
  c.sliding_window = reader.integer("attention.sliding_window", 0, 1 << 28, 0);
  if (c.sliding_window == 0) return;
  const std::string pattern = fmt::format("{}.attention.sliding_window_pattern", a.name);
  const auto found = file.metadata().find(pattern);
  const auto* list =
      found == file.metadata().end() ? nullptr : std::get_if<gguf::Array>(&found->second);
  if (list != nullptr) {
    const auto* flags = std::get_if<std::vector<bool>>(list);
    if (flags == nullptr || flags->size() < static_cast<std::size_t>(c.layers)) {
      return reader.fail(fmt::format("has '{}' that is no list of {} booleans; the file is damaged",
                                     pattern, c.layers));
    }
    c.windowed.assign(flags->begin(), flags->begin() + c.layers);
  } else {
    const int period = reader.integer("attention.sliding_window_pattern", 1, 1024, a.window_period);
    for (int l = 0; l < c.layers; ++l) c.windowed.push_back(l % period != period - 1);
  }
  if (a.window_rope_base == 0) return;
  c.window_rope = RopeConfig{};
  c.window_rope.dim = c.rope.dim;
  c.window_rope.base = reader.number("rope.freq_base_swa", 1.0, 1e12, a.window_rope_base);
}

void read_shape(Reader& reader, const gguf::File& file, ModelConfig& c) {
  c.layers = reader.integer("block_count", 1, 1024);
  c.width = reader.integer("embedding_length", 1, 1 << 17);
  c.heads = reader.integer("attention.head_count", 1, 1024);
  c.kv_heads = reader.integer("attention.head_count_kv", 1, 1024, c.heads);
  c.ff = reader.integer("feed_forward_length", 1, 1 << 20);
  c.context = reader.integer("context_length", 1, 1 << 28);
  if (!reader.error().empty()) return;
  if (c.heads % c.kv_heads != 0) {
    reader.fail(fmt::format("has {} query heads for {} key heads; they must divide evenly", c.heads,
                            c.kv_heads));
  }
  c.head_dim = reader.integer("attention.key_length", 1, 4096, c.width / c.heads);
  if (reader.integer("attention.value_length", 1, 4096, c.head_dim) != c.head_dim) {
    reader.fail("has value heads of another length than key heads, which is not supported");
  }
  if (c.head_dim % 16 != 0 || c.head_dim == 0) {
    reader.fail(fmt::format("has heads of {} values; multiples of 16 are supported", c.head_dim));
  }
  if (reader.integer("expert_count", 0, 1 << 16, 0) > 0) {
    reader.fail("is a mixture of experts, which is not supported yet; choose a dense model");
  }
  if (c.architecture->scaled_embedding) c.embedding_scale = std::sqrt(static_cast<float>(c.width));
  const bool by_width = c.layers == c.architecture->layers_scaled_by_width;
  const auto scaled = static_cast<float>(by_width ? c.width / c.heads : c.head_dim);
  c.attention_scale = reader.number("attention.scale", 1e-6, 1e6, 1.0f / std::sqrt(scaled));
  c.norm_eps = reader.number("attention.layer_norm_rms_epsilon", 0.0, 1.0, 1e-5f);
  const gguf::Tensor* embedding = file.tensor("token_embd.weight");
  if (embedding == nullptr || embedding->cols() != c.width || embedding->rows() > (1 << 24)) {
    reader.fail(fmt::format(
        "has no tensor 'token_embd.weight' of {} columns; the file is incomplete", c.width));
    return;
  }
  c.vocab = static_cast<int>(embedding->rows());
  c.tied_embeddings = file.tensor("output.weight") == nullptr;
}

}  // namespace

Result<ModelConfig> read_model_config(const gguf::File& file) {
  const std::string* name = file.get_string("general.architecture");
  if (name == nullptr) {
    return Error{ErrorCode::corrupt,
                 fmt::format("{} has no 'general.architecture'; it is not a language model",
                             file.path().string())};
  }
  ModelConfig c;
  c.architecture = find_architecture(*name);
  if (c.architecture == nullptr) {
    return Error{
        ErrorCode::unsupported,
        fmt::format("{} has architecture '{}'; supported: {}. Choose a model of one of these",
                    file.path().string(), *name, supported_architectures())};
  }
  if (const std::string* title = file.get_string("general.name")) c.name = *title;
  Reader reader(file, *name);
  read_shape(reader, file, c);
  if (reader.error().empty()) c.rope = read_rope(reader, file, c);
  if (reader.error().empty()) read_windows(reader, file, c);
  if (reader.error().empty()) c.pooling = read_pooling(reader);
  if (!reader.error().empty()) return Error{ErrorCode::corrupt, reader.error()};
  return c;
}

std::int64_t ModelConfig::matmul_weights() const {
  const std::int64_t w = width;
  const std::int64_t layer = w * (q_width() + 2 * kv_width()) + w * q_width() + 3 * w * ff;
  return layers * layer + w * vocab;
}

}  // namespace pincer
