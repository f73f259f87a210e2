#include "server/cli/model_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/cli/paths.h"

namespace pincer {
namespace fs = std::filesystem;
namespace {

std::string catalogue_names() {
  std::string names;
  for (const CatalogueModel& m : catalogue())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", m.name);
  return names;
}

}  // namespace

bool looks_like_model(const std::string& argument) {
  std::error_code ec;
  return find_in_catalogue(argument) != nullptr || argument.starts_with("hf:") ||
         argument.ends_with(".gguf") || (!argument.empty() && fs::exists(argument, ec));
}

Result<fs::path> resolve_model(const std::string& name) {
  if (const CatalogueModel* m = find_in_catalogue(name)) return pull_model(*m);
  if (name.starts_with("hf:")) {
    return Error{ErrorCode::unsupported,
                 fmt::format("{}: fetching from Hugging Face is not supported yet; download the "
                             "file and give its path",
                             name)};
  }
  std::error_code ec;
  if (fs::is_directory(name, ec)) {
    return Error{
        ErrorCode::unsupported,
        fmt::format(
            "{} is a folder; folders of .safetensors are not supported yet, give a .gguf file",
            name)};
  }
  if (fs::exists(name, ec)) return fs::absolute(name);
  if (const auto home = pincer_home()) {
    const fs::path stored = models_dir(*home) / name;
    if (fs::is_regular_file(stored, ec)) return stored;
  }
  return Error{ErrorCode::not_found, fmt::format("there is no model '{}': it is neither a file nor "
                                                 "one of the catalogue ({}); `pincer list` shows "
                                                 "what there is",
                                                 name, catalogue_names())};
}

Result<std::vector<StoredModel>> stored_models() {
  const auto home = pincer_home();
  if (!home) return home.error();
  std::vector<StoredModel> models;
  std::error_code ec;
  for (const CatalogueModel& m : catalogue()) {
    const fs::path file = models_dir(*home) / m.file;
    models.push_back({std::string(m.name), file, fs::exists(file, ec), m.bytes});
  }
  for (const auto& entry : fs::directory_iterator(models_dir(*home), ec)) {
    const std::string file = entry.path().filename().string();
    const bool known = std::any_of(catalogue().begin(), catalogue().end(),
                                   [&](const auto& m) { return m.file == file; });
    if (known || entry.path().extension() != ".gguf") continue;
    models.push_back({file, entry.path(), true, static_cast<std::int64_t>(entry.file_size(ec))});
  }
  return models;
}

}  // namespace pincer
