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

// The share of prompts, the hardest by this score, that the cloud must answer to keep a share
// `quality` of what it gains over the local model: on the training questions, each group scored by
// weights that had not seen it. Both 0 to 1.
double cloud_share_for_quality(double quality);

}  // namespace pincer
