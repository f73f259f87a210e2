// Questions with given answers to choose from: which of them a model takes for the most likely.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pincer/engine/model.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

struct ChoiceQuestion {
  // Each the whole text, question and answer, with what the model's prompts begin with.
  std::vector<std::vector<TokenId>> texts;
  std::vector<int> answer_begins;  // of each text, at least 1: its first token that is not the
                                   // question's
  int right = 0;                   // of `texts`
};

struct ChoiceScoreOptions {
  int threads = 0;  // 0: default_threads()
  KvChoice kv;
  std::function<void(std::int64_t done, std::int64_t total)> progress;  // questions; may be empty
};

struct ChoiceScore {
  std::vector<int>
      chosen;              // of each question: the answer whose tokens are the most likely together
  std::int64_t right = 0;  // questions
};

// Errors: no question, one without two answers or with a text that the model's context has no room
// for, memory.
Result<ChoiceScore> score_choices(const Model& model, std::span<const ChoiceQuestion> questions,
                                  const ChoiceScoreOptions& options);

// Questions to which both chose the same; of the shorter list.
std::int64_t same_choices(const ChoiceScore& a, const ChoiceScore& b);

}  // namespace pincer
