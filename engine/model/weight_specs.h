// Which weights a model has, under which names, and where their rows come from in the source file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/model/rotation.h"
#include "engine/model/weight_layouts.h"
#include "pincer/engine/model.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

namespace weight_names {
std::string attention_norm(int layer);
std::string qkv(int layer);
std::string attention_output(int layer);
std::string ff_norm(int layer);
std::string gate_up(int layer);
std::string down(int layer);
inline constexpr std::string_view kOutputNorm = "output_norm";
inline constexpr std::string_view kHead = "head";
}  // namespace weight_names

// Checks that every tensor is there with the right shape and that none is left over (a tensor that
// would be ignored means wrong answers). The specs refer to `file`, which must outlive them.
//
// With a `rotation` (of the model's width) the residual stream is turned, and the gains of RMSNorm
// are multiplied into the columns of the matrices that follow: the same function, whose activations
// have fewer outliers and so quantize better (measured on SmolLM2-135M: perplexity +0.7 % with the
// gains apart, less than half of that folded). The norms themselves are left out then.
Result<std::vector<WeightSpec>> plan_weights(const gguf::File& file, const ModelConfig& config,
                                             const WeightLayouts& layouts,
                                             std::shared_ptr<const Rotation> rotation);

}  // namespace pincer
