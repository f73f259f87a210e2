// Many clients that stream chat answers, each one request after another.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/report.h"
#include "bench/load/work.h"

namespace pincer::load {

// Values: tokens, seconds, tokens_per_s, cpu_seconds (the client's own), failed. Times:
// first_token_ms, as the client sees it, and added_first_token_ms: beyond what the engine says that
// it queued and computed.
Report run_streams(std::uint16_t port, const std::string& model, const Work& work);

}  // namespace pincer::load
