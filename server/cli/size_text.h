// Sizes as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

// "4G", "512M", "1.5GiB", "800000000": bytes; K, M, G and T are powers of 1000, with an i of 1024.
Result<std::int64_t> parse_size(std::string_view text);

}  // namespace pincer
