// What arrives of an answer, the same for every dialect and whoever makes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pincer/engine/generation.h"
#include "server/chat/answer_part.h"
#include "server/http/problem.h"

namespace pincer {

// How one choice ended well.
struct AnswerEnd {
  enum class Reason {
    stop,         // the model was done
    stop_string,  // it wrote `stop_string`, which is not part of the answer
    tool_calls,   // it was done, and there are calls
    length,       // max_tokens or the context (Finish::context_full)
  };
  Reason reason = Reason::stop;
  std::string stop_string;
  int completion_tokens = 0;
  int reasoning_tokens = 0;  // of these, about
  Finish finish;             // the engine's
};

// What has arrived of one choice.
struct AnswerNews {
  int choice = 0;
  std::vector<AnswerPart> parts;
  std::vector<GeneratedToken> tokens;  // where logprobs are wanted: those that the parts came from
  std::optional<AnswerEnd> end;        // the last news of this choice
  std::optional<Problem> problem;      // the last news of all: the answer failed
  std::string note;  // for a client that asked to be told how the answer came about
};

struct AnswerUsage {
  int prompt_tokens = 0, cached_tokens = 0;
  int completion_tokens = 0, reasoning_tokens = 0;
  // The prompt counts once, though several choices go on from it.
  void add(const AnswerEnd& end, bool first_of_prompt);
};

}  // namespace pincer
