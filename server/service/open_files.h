// How many files and sockets this process may have open.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace pincer {

// Raises the soft limit (RLIMIT_NOFILE) as far as `connections` and what else a server opens need,
// and the hard one allows. Where that is not enough, lowers `connections` to those that there is
// room for; what to tell the user then.
std::optional<std::string> fit_connections(std::size_t& connections);

}  // namespace pincer
