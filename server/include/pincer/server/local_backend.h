// The engine of this process as a backend.
#pragma once

#include <memory>
#include <string>

#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/engine/model_manager.h"
#include "pincer/server/backend.h"

namespace pincer {

// `engine` runs `loaded.model`. Destroying the backend cancels and joins the engine.
std::shared_ptr<Backend> make_local_backend(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                            std::string fingerprint);

// The same for a model that others use as well: holds `model`, a lease of it, until it is
// destroyed. `reasoning`: a model that can, thinks where the request does not say.
std::shared_ptr<Backend> make_local_backend(std::shared_ptr<RunningModel> model,
                                            std::string fingerprint, bool reasoning = true);

}  // namespace pincer
