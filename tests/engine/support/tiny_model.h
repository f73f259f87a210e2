// A small random model of the llama architecture as a GGUF file: real enough for the whole path,
// small enough for sanitizers.
#pragma once

#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "pincer/engine/loaded_model.h"
#include "tests/engine/support/gguf_writer.h"
#include "tests/engine/tokenizer/toy_vocabulary.h"

namespace pincer::test {

struct TinyShape {
  int layers = 2, width = 64, heads = 4, kv_heads = 2, ff = 96, context = 256;
  bool tied = true;
  unsigned seed = 1;
};

// The tensors by name, row-major, for tests that compute with them.
struct TinyModel {
  TinyShape shape;
  int vocab = 0;
  std::vector<std::pair<std::string, std::vector<float>>> tensors;
  const std::vector<float>& tensor(const std::string& name) const {
    for (const auto& [n, values] : tensors) {
      if (n == name) return values;
    }
    throw std::out_of_range(name);
  }
};

inline std::vector<float> random_floats(std::size_t count, float deviation, std::mt19937& random) {
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

inline GgufWriter tiny_gguf(const TinyShape& s, TinyModel* model = nullptr) {
  bpe::ToyVocabulary toy;
  const TokenId end = toy.add("<|im_end|>", bpe::TokenType::control);
  toy.add("<|im_start|>", bpe::TokenType::control);
  const int vocab = static_cast<int>(toy.tokens.size()), head_dim = s.width / s.heads;
  GgufWriter file;
  file.set("general.architecture", "llama").set("general.name", "tiny");
  const auto number = [&](const char* key, int value) {
    file.set(std::string("llama.") + key, static_cast<std::uint32_t>(value));
  };
  number("block_count", s.layers);
  number("embedding_length", s.width);
  number("feed_forward_length", s.ff);
  number("attention.head_count", s.heads);
  number("attention.head_count_kv", s.kv_heads);
  number("context_length", s.context);
  file.set("llama.attention.layer_norm_rms_epsilon", 1e-5f).set("llama.rope.freq_base", 10000.0f);
  file.set("tokenizer.ggml.model", "gpt2").set("tokenizer.ggml.pre", "smollm");
  file.set_array("tokenizer.ggml.tokens", toy.tokens)
      .set_array("tokenizer.ggml.token_type", toy.types);
  file.set_array("tokenizer.ggml.merges", toy.merges);
  file.set("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(end));

  std::mt19937 random(s.seed);
  const auto add = [&](const std::string& name, int n, int k, float deviation, float mean = 0.0f) {
    std::vector<float> values =
        random_floats(static_cast<std::size_t>(n) * static_cast<std::size_t>(k), deviation, random);
    for (float& v : values) v += mean;
    file.tensor(name, n == 1 ? std::vector<std::int64_t>{k} : std::vector<std::int64_t>{k, n},
                values);
    if (model != nullptr) model->tensors.emplace_back(name, std::move(values));
  };
  const float by_width = 1.0f / std::sqrt(static_cast<float>(s.width));
  add("token_embd.weight", vocab, s.width, 1.0f);
  for (int l = 0; l < s.layers; ++l) {
    const std::string p = "blk." + std::to_string(l) + ".";
    add(p + "attn_norm.weight", 1, s.width, 0.1f, 1.0f);
    add(p + "attn_q.weight", s.heads * head_dim, s.width, 2 * by_width);
    add(p + "attn_k.weight", s.kv_heads * head_dim, s.width, 2 * by_width);
    add(p + "attn_v.weight", s.kv_heads * head_dim, s.width, by_width);
    add(p + "attn_output.weight", s.width, s.heads * head_dim, by_width);
    add(p + "ffn_norm.weight", 1, s.width, 0.1f, 1.0f);
    add(p + "ffn_gate.weight", s.ff, s.width, by_width);
    add(p + "ffn_up.weight", s.ff, s.width, by_width);
    add(p + "ffn_down.weight", s.width, s.ff, by_width);
  }
  add("output_norm.weight", 1, s.width, 0.1f, 1.0f);
  if (!s.tied) add("output.weight", vocab, s.width, by_width);
  if (model != nullptr) {
    model->shape = s;
    model->vocab = vocab;
  }
  return file;
}

// Writes it and loads it; packed weights go to `folder`.
inline LoadedModel load_tiny(const std::filesystem::path& folder, const TinyShape& shape = {},
                             bool reference = false, TinyModel* model = nullptr,
                             WeightFormat format = kDefaultWeights) {
  const std::filesystem::path file = folder / "tiny.gguf";
  tiny_gguf(shape, model).write(file);
  LoadOptions options;
  options.reference = reference;
  options.format = format;
  options.pool_dir = folder / "pool";
  options.threads = 2;
  auto loaded = load_model(file, options);
  if (!loaded) throw std::runtime_error(loaded.error().message);
  return std::move(*loaded);
}

}  // namespace pincer::test
