// Times and shares as people write them in a configuration.
#pragma once

#include <chrono>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

// "800ms", "5s", "1.5m", "2h", "30d", and "0". Errors: invalid_argument, which names the forms.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "5%", "+20%" and "0.05" as 0.05, 0.2 and 0.05. Errors: invalid_argument.
Result<double> parse_share(std::string_view text);

}  // namespace pincer
