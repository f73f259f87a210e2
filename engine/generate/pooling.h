// From the final states of a prompt's tokens to its embedding.
#pragma once

#include <vector>

#include "engine/generate/sequence.h"
#include "engine/model/forward.h"
#include "pincer/engine/model.h"

namespace pincer {

// The rows of a step that are a sequence's tokens before its `computed`.
struct PooledRows {
  Sequence* sequence = nullptr;
  int row = 0;  // the first one
  int count = 0;
};

// Adds what the rows of the last run contribute to the sequence's embedding. Rows come in order,
// and are added one by one, so that an embedding does not depend on how its prompt was cut into
// chunks; a chunk that begins the prompt begins the embedding anew.
void add_states(const PooledRows& rows, const ModelConfig& config, Forward& forward);

// Of length 1, once all rows were added.
std::vector<float> embedding_of(const Sequence& s, const Model& model);

}  // namespace pincer
