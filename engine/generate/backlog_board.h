// What the engine's thread has ahead of it, for those who ask at the door.
#pragma once

#include <mutex>
#include <vector>

#include "engine/schedule/wait_estimate.h"

namespace pincer {

// Thread-safe.
class BacklogBoard {
 public:
  // Before the request is handed to the engine's thread; `revoke` when that takes no more.
  void arrived(const Work& work);
  void revoke();
  // By the engine's thread: `taken` of those that arrived are in `backlog` now, or over.
  void publish(Backlog backlog, std::size_t taken);

  // What a request of this prompt and limit is expected to be. `max_tokens` < 0: no limit.
  Work expect(ClientId client, int prompt, int max_tokens) const;
  double wait_seconds(const Work& newcomer) const;
  // The engine's thread tells how long answers are.
  void finished(int generated);
  int mean_output() const;

 private:
  int mean_output_locked() const;

  mutable std::mutex mutex_;
  Backlog seen_;
  std::vector<Work> unseen_;
  double mean_output_ = 0;  // 0: nothing was learnt
};

}  // namespace pincer
