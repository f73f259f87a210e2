// Progress of long work on stderr: a bar on a terminal, a plain line at start and end otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pincer {

class Progress {
 public:
  enum class Unit { bytes, tokens, cases };
  // Nothing is shown before update().
  explicit Progress(std::string what, Unit unit = Unit::bytes)
      : what_(std::move(what)), unit_(unit) {}
  ~Progress() { clear(); }
  void update(std::int64_t done, std::int64_t total);
  void clear();  // removes the bar from the terminal

 private:
  std::string amount(std::int64_t value) const;

  std::string what_;
  Unit unit_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_;
  bool visible_ = false;
  bool announced_ = false;
};

bool stdout_is_terminal();
bool stderr_is_terminal();
bool stdin_is_terminal();

}  // namespace pincer
