// What stops a template: failures, and the bounds on its work.
//
// Parsing and rendering recurse deeply and can fail at any leaf, so a failure travels as an
// exception inside this directory. It never leaves it: Template::parse and Template::render turn it
// into a Result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pincer/engine/jinja.h"
#include "pincer/engine/result.h"

namespace pincer::jinja {

struct Failure {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string message;
  bool located = false;  // the message says where already, or the place would not help
};

[[noreturn]] void fail(std::string message);
[[noreturn]] void fail_at(int line, std::string_view message);
[[noreturn]] void fail_limit(std::string message);

class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits), steps_left_(limits.steps) {}

  void spend(std::int64_t steps) {
    steps_left_ -= steps;
    if (steps_left_ < 0) [[unlikely]]
      out_of_steps();
  }
  // Work on text costs by length. Copying is cheap, looking at every character is not.
  void spend_copy(std::size_t bytes) {
    spend(1 + static_cast<std::int64_t>(bytes / kCopiedPerStep));
  }
  void spend_scan(std::size_t bytes) {
    spend(1 + static_cast<std::int64_t>(bytes / kScannedPerStep));
  }
  // A list, dict or other container of `items` values is made.
  void spend_items(std::size_t items) { spend(1 + static_cast<std::int64_t>(items)); }

  // No text and no list may grow beyond Limits::output_bytes; to be asked before memory is taken.
  void check_size(std::size_t bytes) const {
    if (bytes > static_cast<std::size_t>(limits_.output_bytes)) [[unlikely]]
      too_large();
  }
  void check_depth(int depth) const {
    if (depth > limits_.depth) [[unlikely]]
      too_deep();
  }

  const Limits& limits() const { return limits_; }

 private:
  // With the default limits no render can copy more than 256 MB or look at more than 32 MB.
  static constexpr std::size_t kCopiedPerStep = 128;
  static constexpr std::size_t kScannedPerStep = 16;

  [[noreturn]] void out_of_steps() const;
  [[noreturn]] void too_large() const;
  [[noreturn]] void too_deep() const;

  Limits limits_;
  std::int64_t steps_left_;
};

}  // namespace pincer::jinja
