// The engine of this process as a backend.
#pragma once

#include <memory>
#include <string>

#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/server/backend.h"

namespace pincer {

// `engine` runs `loaded.model`. Destroying the backend cancels and joins the engine.
std::shared_ptr<Backend> make_local_backend(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                            std::string fingerprint);

}  // namespace pincer
