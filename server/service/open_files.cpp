#include "server/service/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace pincer {
namespace {

// Models, pool files, listeners, logs, and connections that are being refused.
constexpr rlim_t kOthers = 256;

}  // namespace

std::optional<std::string> fit_connections(std::size_t& connections) {
  rlimit limit{};
  const rlim_t wanted = connections + kOthers;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return std::nullopt;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= wanted) return std::nullopt;
  const std::size_t asked = connections;
  connections = limit.rlim_max > 2 * kOthers ? limit.rlim_max - kOthers : limit.rlim_max / 2;
  return fmt::format(
      "{} connections need {} open files, but this process may have {}: {} connections are taken; "
      "raise the limit (`ulimit -Hn`, LimitNOFILE= of a systemd unit) or choose --max-connections",
      asked, wanted, limit.rlim_max, connections);
}

}  // namespace pincer
