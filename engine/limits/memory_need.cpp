#include "engine/limits/memory_need.h"

#include <fmt/format.h>

#include <algorithm>

#include "pincer/engine/weight_pool.h"

namespace pincer {

std::int64_t weight_memory(const Model& model) {
  return model.pool() ? model.pool()->bytes() : model.weight_bytes();
}

std::int64_t working_memory(const ModelConfig& c, int rows, int sampled) {
  const std::int64_t qkv = c.q_width() + 2 * c.kv_width();
  const std::int64_t widest = std::max({c.width, c.ff, c.q_width()}) + 64;
  // Of a row, in floats: the residual, its update and its norm; q, k and v and what attention makes
  // of them; gate and up; sine and cosine. Then, in bytes: a quantized row, interleaved and plain,
  // and a scale and a correction for each 32 values.
  const std::int64_t floats = 3 * c.width + 2 * qkv + 2 * c.ff + c.head_dim;
  const std::int64_t row = floats * 4 + 2 * widest + widest / 4;
  // Logits, and a copy of them where log probabilities are asked for.
  return (rows * row + sampled * static_cast<std::int64_t>(c.vocab) * 8) * 9 / 8 + (1 << 20);
}

Result<void> check_fits(const std::string& model, const MemoryNeed& need, const MemoryRoom& room) {
  if (need.total() <= room.bytes) return {};
  std::string advice;
  if (need.weights + need.working >= room.bytes) {
    advice = "use a smaller model or format, or a machine with more memory";
  } else {
    const double fits = static_cast<double>(room.bytes - need.weights - need.working) /
                        static_cast<double>(need.kv);
    advice = fmt::format(
        "a context (--context) of {} instead of {} tokens, or as much fewer sequences "
        "(--max-active), would fit",
        static_cast<int>(fits * need.context), need.context);
  }
  return Error{ErrorCode::no_space,
               fmt::format("{} does not fit into memory: {} of weights + {} of KV cache + {} of "
                           "working memory = {}, but {}; {}",
                           model, human_bytes(need.weights), human_bytes(need.kv),
                           human_bytes(need.working), human_bytes(need.total()), room.why, advice)};
}

}  // namespace pincer
