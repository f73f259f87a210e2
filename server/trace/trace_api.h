// GET /admin/state, /admin/live and /admin/trace/...: what the dashboard shows.
//
// Looking at a model's trace keeps it being recorded for kWatch; nobody looks, nothing is recorded.
#pragma once

#include <chrono>

#include "server/api/api.h"
#include "server/trace/live_state.h"
#include "server/trace/machine_limits.h"

namespace pincer {

struct TraceApi {
  TraceApi(const Api& with, bool open_to_all)
      : api(with), everybody(open_to_all), live(with.site, *with.models) {}

  static constexpr std::chrono::seconds kWatch{15};

  const Api& api;
  const bool everybody;  // not only clients of this machine
  LiveState live;
  MachineLimits limits;
};

// `trace` outlives the router.
void add_trace_routes(Router& router, TraceApi& trace);

}  // namespace pincer
