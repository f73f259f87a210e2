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
// Of a layer's parts that not all models have.
std::string q_norm(int layer);
std::string k_norm(int layer);
std::string post_attention_norm(int layer);
std::string post_ff_norm(int layer);
std::string bias(const std::string& weight);
inline constexpr std::string_view kOutputNorm = "output_norm";
inline constexpr std::string_view kHead = "head";
}  // namespace weight_names

// Checks that every tensor is there with the right shape and that none is left over (a tensor that
// would be ignored means wrong answers). The specs refer to `file`, which must outlive them.
//
// With a `rotation` (of the model's width) what reads the residual stream takes turned inputs: the
// same function, whose activations have fewer outliers and so quantize better. layouts.turn says
// whether the stream is turned, or those inputs only. In the first case the gains of RMSNorm are
// multiplied into the columns of the matrices that follow, and the norms are left out.
//
// Optional parts are there where the file has their tensors: biases of any matrix, norms of each
// head of q and k, norms of what is added to the residual stream.
Result<std::vector<WeightSpec>> plan_weights(const gguf::File& file, const ModelConfig& config,
                                             const WeightLayouts& layouts,
                                             std::shared_ptr<const Rotation> rotation);

// The stream's, but where norms with gains stand between matrices and it.
RotationTurn turn_for(const gguf::File& file);

}  // namespace pincer
