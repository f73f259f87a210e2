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
      drop_blocks(*s, kv_);
      ++stats_.finished;
      --stats_.in_flight;
      Finish finish = s->finish(FinishReason::error);
      finish.error = message;
      s->request.stream->finish(std::move(finish));
    }
    list->clear();
  }
  return true;
}

}  // namespace pincer
