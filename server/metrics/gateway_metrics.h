// What Kubernetes' gateway API inference extension asks of a model server, under the names that its
// endpoint picker looks for by default, which are vLLM's:
// https://github.com/kubernetes-sigs/gateway-api-inference-extension/tree/main/docs/proposals/003-model-server-protocol
#pragma once

#include <vector>

#include "pincer/server/models.h"
#include "server/metrics/text_format.h"

namespace pincer {

// One sample a model that is there, with the label model_name.
void write_gateway_metrics(MetricsText& out, const std::vector<Models::Entry>& models);

}  // namespace pincer
