// How hard a prompt looks: the default score of routes, before any model has read it.
#pragma once

#include <string_view>

#include "server/route/prompt_features.h"

namespace pincer {

// The share of the training prompts that look easier, in (0, 1): 0.7 is harder than 70 % of them.
// Hence a threshold of 1 - s sends a share s of such prompts to the cloud. bench/router has what it
// was trained on and how good it is.
double prompt_score(std::string_view prompt);
double prompt_score(const PromptFeatures& features);

}  // namespace pincer
