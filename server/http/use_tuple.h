// Awaiting without exceptions: the error code comes back with the results.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/http/types.h"

namespace pincer {

inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

}  // namespace pincer
