#include <fmt/format.h>

#include "engine/generate/sequence_blocks.h"
#include "engine/generate/step_loop.h"

namespace pincer {

bool StepLoop::weights_lost() {
  const std::filesystem::path file = model_.lost_file();
  if (file.empty()) return false;
  const std::string message = fmt::format(
      "{} shrank or could not be read while its model was in use; load the model again, and "
      "replace "
      "files by renaming a complete one",
      file.string());
  for (List* list : {&waiting_, &active_}) {
    for (auto& s : *list) {
      // The step's guesses are behind the known tokens, and nothing that was computed is right.
      s->tokens.resize(s->tokens.size() - s->proposal.tokens.size());
      s->computed = 0;
      finish(*s, FinishReason::error, message);
    }
    list->clear();
  }
  return true;
}

}  // namespace pincer
