// A plan of the router for people and for programs.
#pragma once

#include <string>

#include "server/route/plan.h"

namespace pincer {

std::string plan_text(const RoutePlan& plan);
std::string plan_json(const RoutePlan& plan);  // one object, "schema": 1

}  // namespace pincer
