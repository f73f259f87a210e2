// Model names to files, and fetching the ones of the catalogue.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "server/cli/catalogue.h"

namespace pincer {

// Whether a lone argument of `run` names a model: in the catalogue, an existing file or folder,
// *.gguf, or hf:...
bool looks_like_model(const std::string& argument);

// The file of a model, fetched first when it is a catalogue model that is not there yet. Errors say
// what names are possible.
Result<std::filesystem::path> resolve_model(const std::string& name);

// Fetches a catalogue model and checks its sha256, unless it is there and sound. A failed or
// interrupted fetch leaves nothing behind.
Result<std::filesystem::path> pull_model(const CatalogueModel& model);

struct StoredModel {
  std::string name;  // the catalogue's, or the file's
  std::filesystem::path file;
  bool fetched = false;
  std::int64_t bytes = 0;
};
// The catalogue, and every other .gguf in the model folder.
Result<std::vector<StoredModel>> stored_models();

}  // namespace pincer
