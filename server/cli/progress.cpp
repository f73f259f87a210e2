#include "server/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pincer {
namespace {

constexpr int kBarWidth = 24;
constexpr auto kRefresh = std::chrono::milliseconds(100);

}  // namespace

bool stdout_is_terminal() { return ::isatty(1) == 1; }
bool stderr_is_terminal() { return ::isatty(2) == 1; }
bool stdin_is_terminal() { return ::isatty(0) == 1; }

std::string Progress::amount(std::int64_t value) const {
  if (unit_ == Unit::bytes) return fmt::format("{:.1f} MB", static_cast<double>(value) * 1e-6);
  return fmt::format("{} {}", value, unit_ == Unit::tokens ? "tokens" : "cases");
}

void Progress::update(std::int64_t done, std::int64_t total) {
  if (!stderr_is_terminal()) {
    if (!announced_) fmt::print(stderr, "{}: {}\n", what_, amount(total));
    announced_ = true;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (visible_ && done < total && now - shown_ < kRefresh) return;
  shown_ = now;
  visible_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double share =
      total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0)
                : 0.0;
  const int filled = static_cast<int>(share * kBarWidth);
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  const double left = rate > 0 ? static_cast<double>(total - done) / rate : 0;
  fmt::print(stderr, "\r\x1b[K{} [{}{}] {:3.0f} %  {} of {}  {}/s  {:.0f} s left", what_,
             std::string(static_cast<std::size_t>(filled), '#'),
             std::string(static_cast<std::size_t>(kBarWidth - filled), ' '), share * 100,
             amount(done), amount(total), amount(static_cast<std::int64_t>(rate)),
             std::max(0.0, left));
  std::fflush(stderr);
}

void Progress::clear() {
  if (!visible_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  visible_ = false;
}

}  // namespace pincer
