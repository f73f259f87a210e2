// The models that can be named and fetched.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "pincer/engine/sampler.h"

namespace pincer {

struct CatalogueModel {
  std::string_view name;  // what users type
  std::string_view file;  // in the model folder
  std::string_view description;
  std::string_view licence;
  std::int64_t bytes;  // of the file
  std::string_view sha256;
  // Where it comes from: a wheel of the Python package index, and the file's path inside it.
  std::string_view package, version, member;
  std::int64_t wheel_bytes;
  // What the model's authors recommend.
  float temperature, top_p;
};

std::span<const CatalogueModel> catalogue();
const CatalogueModel& default_model();
const CatalogueModel* find_in_catalogue(std::string_view name);  // null when absent

// The authors' values over the defaults, for a model as users name it: a catalogue name, the path
// of a file, or nothing for the default model. The defaults for what is not in the catalogue.
SamplingParams recommended_sampling(std::string_view model);

}  // namespace pincer
