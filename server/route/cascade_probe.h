// Looks at the first tokens of the local model's answer, and says whether it is sure of them.
#pragma once

#include "server/route/route_config.h"
#include "server/upstream/upstream.h"

namespace pincer {

// The mean margin over the first tokens: the probability of the token that was written less that
// of the likeliest other one. What arrives is held until that is known.
class CascadeProbe {
 public:
  explicit CascadeProbe(const RoutePolicy& policy);

  // True once enough has come, or the answer has ended.
  bool add(UpstreamNews& news);
  bool escalates() const;
  double margin() const { return tokens_ > 0 ? sum_ / tokens_ : 0; }
  UpstreamNews release() { return std::move(held_); }  // all that was held

 private:
  int probe_tokens_;
  double escalate_below_;
  double sum_ = 0;
  int tokens_ = 0;
  UpstreamNews held_;
};

}  // namespace pincer
