// What the inputs of a model's matrices look like on a short built-in text: packing rounds weights
// by it.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "engine/model/input_directions.h"
#include "pincer/engine/model.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

// Of each packed weight, by name.
using Calibration = std::map<std::string, InputDirections, std::less<>>;

// The text's tokens in a model's vocabulary, as many as are used.
std::vector<TokenId> calibration_tokens(const Tokenizer& tokenizer, const ModelConfig& config);

// Runs the tokens through the layers of `model`, which has everything but its weights. Each layer
// is packed to memory by its specs, rounded one by one, as it is reached: one layer is held at a
// time. `model` has no weights again afterwards. progress(done, total) in layers. Errors: memory.
Result<Calibration> calibrate(Model& model, std::span<const WeightSpec> specs,
                              std::span<const TokenId> tokens, Arena& arena,
                              const std::function<void(int done, int total)>& progress);

}  // namespace pincer
