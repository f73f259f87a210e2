// A model that is shown a text and asked, at each place, what comes next.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"
#include "pincer/engine/model.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Not thread-safe.
class TeacherForcing {
 public:
  // For texts of up to `window` tokens. Errors: memory.
  static Result<std::unique_ptr<TeacherForcing>> create(const Model& model, int window,
                                                        const KvChoice& kv, int threads);

  // Shows the model a text, of which nothing was before.
  void show(std::span<const TokenId> text);

  // What the place `first` of the text and those behind it say of `next`, which the text need not
  // go on with: the sum of -log p in double, so that a mean over many thousand tokens keeps its
  // digits. `top`, if any, gets the most likely token of each place.
  double negative_log_likelihood(int first, std::span<const TokenId> next,
                                 std::vector<TokenId>* top = nullptr);

 private:
  TeacherForcing(const Model& model, KvCache cache, int window, int threads);
  double score(kernels::MatrixView<float> logits, std::span<const TokenId> next,
               std::span<TokenId> top);

  Arena arena_;
  KvCache cache_;
  Forward forward_;
  std::vector<int> blocks_;
};

}  // namespace pincer
