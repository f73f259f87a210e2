// The router's state for those who run it.
#pragma once

#include <string>

#include "server/route/hybrid_router.h"

namespace pincer {

// {"schema":1,"routes":[…],"upstreams":[{"name","kind","in_flight","first_token_s","breakers":[…]}],
// "spend":[{"day","key","requests","prompt_tokens","completion_tokens","usd"}]}
std::string router_json(HybridRouter& router);

}  // namespace pincer
