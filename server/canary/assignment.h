// Who meets the canary.
#pragma once

#include <cstdint>
#include <string_view>

namespace pincer {

// A session's place in [0, 1), the same at every request and after every restart. With another
// canary it is another place, so that it is not always the same people who try what is new. A
// canary of weight w takes those below w: raising the weight moves nobody back.
double canary_place(std::string_view target, std::string_view session);

// What a session is remembered by.
std::uint64_t session_hash(std::string_view session);

}  // namespace pincer
