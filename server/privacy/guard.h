// What the router asks before a request leaves: the same request with placeholders, and what is
// needed to put the values back. Whatever goes wrong here means that the request stays local.
#pragma once

#include <vector>

#include "pincer/engine/result.h"
#include "pincer/server/chat_request.h"
#include "server/privacy/detector.h"
#include "server/privacy/placeholders.h"
#include "server/route/route_config.h"

namespace pincer {

struct ClassCount {
  PrivacyClass kind = PrivacyClass::email;
  int count = 0;  // of the places, not of the values
  bool operator==(const ClassCount&) const = default;
};

struct Guarded {
  ChatRequest request;          // may leave
  PlaceholderMap placeholders;  // of the values that it held
  std::vector<ClassCount> found;
};

// Immutable: may be used by several threads.
class PrivacyGuard {
 public:
  // Errors name the class or the file that is wrong.
  static Result<PrivacyGuard> create(const PrivacyConfig& config);
  explicit PrivacyGuard(std::vector<Detector> detectors) : detectors_(std::move(detectors)) {}

  const std::vector<Detector>& detectors() const { return detectors_; }

 private:
  std::vector<Detector> detectors_;
};

// Deterministic. Errors: unsupported: a detector failed, the prompt is tokens, or something was
// found where nothing can be put instead (a name of a tool, a grammar, an option of the template).
Result<Guarded> guard(const ChatRequest& request, const PrivacyGuard& privacy);

}  // namespace pincer
