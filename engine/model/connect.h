// How a layer's weights are put together from their names.
#pragma once

#include "engine/model/weight_specs.h"
#include "pincer/engine/model.h"

namespace pincer {

// `weights` has linear(name), and floats(name), which is null for a name that it does not know.
template <class Weights>
LayerWeights connect_layer(const Weights& weights, int layer) {
  LayerWeights w;
  w.attention_norm = weights.floats(weight_names::attention_norm(layer));
  w.qkv = weights.linear(weight_names::qkv(layer));
  w.q_norm = weights.floats(weight_names::q_norm(layer));
  w.k_norm = weights.floats(weight_names::k_norm(layer));
  w.attention_output = weights.linear(weight_names::attention_output(layer));
  w.post_attention_norm = weights.floats(weight_names::post_attention_norm(layer));
  w.post_ff_norm = weights.floats(weight_names::post_ff_norm(layer));
  w.ff_norm = weights.floats(weight_names::ff_norm(layer));
  w.gate_up = weights.linear(weight_names::gate_up(layer));
  w.down = weights.linear(weight_names::down(layer));
  return w;
}

}  // namespace pincer
