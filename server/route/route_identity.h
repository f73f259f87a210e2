// A route as a backend, for those who look at one only for what it is called: it generates nothing.
#pragma once

#include <memory>
#include <string>

#include "pincer/server/backend.h"

namespace pincer {

// `local`: a model whose tokens the route's answers are made of, where they have tokens; or null.
std::shared_ptr<const Backend> make_route_identity(std::string route,
                                                   std::shared_ptr<const Backend> local);

}  // namespace pincer
