// One small request again and again, timed; and connections that do nothing.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/report.h"

namespace pincer::load {

// GET `path` on one connection every `every_ms`, for so long or until the standard input ends.
// Values: late, those that took more than 10 ms; failed. Times: probe_ms.
Report probe(std::uint16_t port, const std::string& path, double every_ms, double seconds);

// Opens `count` connections, each of which asks /health once, then holds them until the standard
// input ends. Prints "open" when they are there.
void hold_idle(std::uint16_t port, int count);

}  // namespace pincer::load
