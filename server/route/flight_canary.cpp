// What a flight tells a canary of itself.
#include <utility>

#include "server/route/flight.h"

namespace pincer {

// Only the arm's own upstream counts, not who answered when it had failed.
void Flight::note_canary(int answer_tokens) {
  if (!plan_.lot || choice_ != 0 || log_.attempts == 0) return;
  const bool its_own = !first_failed_ && log_.upstream == plan_.upstreams.front();
  router_->note_canary(route_, {.canary = plan_.lot->canary,
                                .weight = plan_.lot->weight,
                                .session = plan_.lot->session,
                                .error = first_failed_,
                                .first_token_s = its_own ? log_.first_token_s : -1,
                                .answer_tokens = its_own ? answer_tokens : -1});
}

bool Flight::draw_shadow() const {
  const Canary* canary = router_->canary(route_);
  const bool of_baseline = canary != nullptr && choice_ == 0 && !plan_.upstreams.empty() &&
                           plan_.upstreams.front() == canary->config().baseline;
  return of_baseline && !plan_.fail_closed && router_->draw() < canary->shadow_weight();
}

// Only of an answer that the baseline has made alone.
void Flight::cast_shadow() {
  if (!shadowed_ || log_.attempts != 1 || log_.upstream != plan_.upstreams.front()) return;
  shadowed_->text = written_.message().content;
  start_shadow(router_, route_, request_, *std::exchange(shadowed_, std::nullopt));
}

}  // namespace pincer
