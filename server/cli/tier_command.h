#pragma once

#include "server/cli/command.h"

namespace pincer {

// pincer pool simulate
void add_tier_command(CLI::App& pool, Action& action);

}  // namespace pincer
