// The making of embeddings, the same for every dialect.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "pincer/server/embedding_input.h"
#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/http/problem.h"

namespace pincer {

struct EmbeddingJob {
  std::string model;
  std::vector<EmbeddingInput> inputs;
  int dimensions = 0;  // the first ones, again of length 1; 0: all
};

struct Embeddings {
  std::vector<std::vector<float>> vectors;  // one for each input, in their order
  std::int64_t tokens = 0;                  // of all inputs
};

// Watches the caller; some inputs at a time, so that a large job leaves places to others. A problem
// (caller_left() is one) where any of them fails.
asio::awaitable<std::variant<Embeddings, Problem>> embed(const Api& api, Caller& caller,
                                                         EmbeddingJob job);

}  // namespace pincer
