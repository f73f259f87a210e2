#include "engine/model/calibration.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/kv/kv_cache.h"
#include "engine/model/calibration_text.h"
#include "engine/model/connect.h"
#include "engine/model/forward.h"
#include "engine/model/scratch.h"
#include "engine/pool/pack_weight.h"

namespace pincer {
namespace {

// What is learnt of sixteen directions no longer changes much beyond it; narrow models need less.
constexpr int kMaxTokens = 512;

// Gives each layer of a model its weights when the forward pass comes to it, and learns their
// inputs. All layers use the same memory.
class LayerByLayer final : public ForwardObserver {
 public:
  LayerByLayer(Model& model, std::span<const WeightSpec> specs, Arena& arena,
               const std::function<void(int, int)>& progress)
      : model_(model), arena_(arena), progress_(progress) {
    for (const WeightSpec& spec : specs) specs_[spec.name] = &spec;
    // The forward pass plans its products before it runs: by the headers.
    for (int layer = 0; layer < model_.config.layers; ++layer) {
      hold(layer, false);
      model_.layers.push_back(connect_layer(*this, layer));
    }
    const std::string head(weight_names::kHead), norm(weight_names::kOutputNorm);
    hold(*specs_.at(head), false);
    if (const auto found = specs_.find(norm); found != specs_.end()) hold(*found->second, true);
    model_.head = linear(head);
    model_.output_norm = floats(norm);
  }

  ~LayerByLayer() override {
    model_.layers.clear();
    model_.head = {};
    model_.output_norm = nullptr;
  }
  LayerByLayer(const LayerByLayer&) = delete;
  LayerByLayer& operator=(const LayerByLayer&) = delete;

  void before_layer(int layer) override {
    layer_ = layer;
    hold(layer, true);
    if (progress_) progress_(layer, model_.config.layers);
  }

  void input(const Linear& weight, kernels::MatrixView<const float> rows) override {
    const LayerWeights& w = model_.layers[static_cast<std::size_t>(layer_)];
    std::string name(weight_names::kHead);
    if (&weight == &w.qkv) name = weight_names::qkv(layer_);
    if (&weight == &w.attention_output) name = weight_names::attention_output(layer_);
    if (&weight == &w.gate_up) name = weight_names::gate_up(layer_);
    if (&weight == &w.down) name = weight_names::down(layer_);
    learnt_[std::move(name)] = input_directions(rows, arena_);
  }

  Calibration take() { return std::move(learnt_); }

  Linear linear(const std::string& name) const {
    Linear linear;
    linear.packed.header = reinterpret_cast<const kernels::PackedHeader*>(memory(name));
    linear.n = static_cast<int>(linear.packed.n());
    linear.k = static_cast<int>(linear.packed.k());
    linear.bias = floats(weight_names::bias(name));
    return linear;
  }
  const float* floats(const std::string& name) const {
    return specs_.contains(name) ? reinterpret_cast<const float*>(memory(name)) : nullptr;
  }

 private:
  // "qkv.bias" of "blk.7.qkv.bias".
  static std::string within_layer(std::string_view name) {
    if (!name.starts_with("blk.")) return std::string(name);
    return std::string(name.substr(name.find('.', 4) + 1));
  }
  const std::int8_t* memory(const std::string& name) const {
    return memory_.find(within_layer(name))->second.get();
  }

  void hold(int layer, bool pack) {
    const std::string prefix = "blk." + std::to_string(layer) + '.';
    for (auto at = specs_.lower_bound(prefix); at != specs_.end() && at->first.starts_with(prefix);
         ++at) {
      hold(*at->second, pack);
    }
  }
  // With its header only, or packed.
  void hold(const WeightSpec& spec, bool pack) {
    const std::int64_t bytes = packed_bytes(spec);
    auto* to = reinterpret_cast<std::uint8_t*>(memory_[within_layer(spec.name)].reserve(bytes));
    if (pack) return pack_weight(spec, arena_, to);
    if (spec.kind == WeightSpec::Kind::floats) return;
    const kernels::PackedHeader header = kernels::make_packed_header(spec.layout, spec.n, spec.k);
    std::memcpy(to, &header, sizeof header);
  }

  Model& model_;
  Arena& arena_;
  const std::function<void(int, int)>& progress_;
  std::map<std::string, const WeightSpec*, std::less<>> specs_;
  std::map<std::string, Scratch<std::int8_t>, std::less<>> memory_;
  int layer_ = 0;
  Calibration learnt_;
};

}  // namespace

std::vector<TokenId> calibration_tokens(const Tokenizer& tokenizer, const ModelConfig& config) {
  std::vector<TokenId> tokens = tokenizer.encode(kCalibrationText);
  if (tokenizer.add_bos()) tokens.insert(tokens.begin(), tokenizer.bos());
  std::erase_if(tokens, [&](TokenId id) { return id >= config.vocab; });
  const int most = std::min({kMaxTokens, 2 * config.width, config.context});
  tokens.resize(std::min(tokens.size(), static_cast<std::size_t>(std::max(1, most))));
  return tokens;
}

Result<Calibration> calibrate(Model& model, std::span<const WeightSpec> specs,
                              std::span<const TokenId> tokens, Arena& arena,
                              const std::function<void(int, int)>& progress) {
  if (tokens.empty()) return Calibration();
  LayerByLayer layers(model, specs, arena, progress);
  const int count = static_cast<int>(tokens.size());
  auto cache = KvCache::create(model, KvCache::options_for(model, KvCache::blocks_for(count), {}));
  if (!cache) return cache.error();
  std::vector<int> blocks;
  while (cache->available() > 0) blocks.push_back(cache->take());
  Forward forward(model, *cache, arena, count);
  forward.show(layers);
  const Chunk chunk{tokens, 0, blocks};
  forward.run({&chunk, 1});
  forward.show_head_input();
  return layers.take();
}

}  // namespace pincer
