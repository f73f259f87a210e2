// What looks for one class, and all of them over one text.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"
#include "server/privacy/finding.h"
#include "server/route/route_config.h"

namespace pincer {

struct Detector {
  PrivacyClass kind = PrivacyClass::email;
  std::function<void(std::string_view, Findings&)> find;  // adds to them; may throw
};

// Of the classes that `config` names. Errors name the class or the file.
Result<std::vector<Detector>> make_detectors(const PrivacyConfig& config);

// In order, none overlapping. Error unsupported, which names the class: a detector failed. What it
// was looking at is not told.
Result<Findings> detect(std::string_view text, const std::vector<Detector>& detectors);

// Findings that overlap become one that covers them all. Its class is that of the longest, and of
// equally long ones the stricter.
Findings resolve_overlaps(Findings findings);

}  // namespace pincer
