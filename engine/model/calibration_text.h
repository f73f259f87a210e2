#pragma once

#include <string_view>

namespace pincer {

// A little of what models read: prose, dialogue, code, numbers, lists, other languages. Changing it
// changes packed weights: kPoolVersion.
extern const std::string_view kCalibrationText;

}  // namespace pincer
