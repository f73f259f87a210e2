// The models that `pincer serve` offers: those named, and those in the model folder; loaded when
// they are asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pincer/server/model_opener.h"
#include "server/cli/serve_config.h"

namespace pincer {

struct ServedModel {
  std::string name;    // what clients ask for: the catalogue's name, or the file's without .gguf
  std::string source;  // as `run -m` takes it
};

// Those of the configuration first (the default model if it names none), then what else is in the
// model folder. Error invalid_argument: two of the configuration have the same name.
Result<std::vector<ServedModel>> served_models(const ServeConfig& config);

// An opener whose models change while it serves.
class ServedModels : public ModelOpener {
 public:
  // Those that are gone finish what they are asked already.
  virtual void replace(std::vector<ServedModel> models) = 0;
};

std::shared_ptr<ServedModels> make_model_opener(std::vector<ServedModel> models,
                                                const ServeConfig& config);

}  // namespace pincer
