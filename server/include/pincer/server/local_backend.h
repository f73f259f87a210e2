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

// A model that many use, with the one backend of all: what a request asks of its template and its
// vocabulary is worked out once. `reasoning`: a model that can, thinks where the request does not
// say.
std::unique_ptr<RunningModel> make_backed_model(LoadedModel loaded, std::unique_ptr<Engine> engine,
                                                std::string fingerprint, bool reasoning);
// The backend of a model that make_backed_model() made; holds `lease` until it is destroyed.
std::shared_ptr<Backend> backend_of(std::shared_ptr<RunningModel> lease);

}  // namespace pincer
