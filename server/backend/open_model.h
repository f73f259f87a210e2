// Waiting for a model that is loaded on demand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "pincer/server/model_opener.h"
#include "server/http/doorbell.h"

namespace pincer {

// Neither: nobody waits any more. Not a Result: what co_spawn returns must have a default.
using OpenedModel = std::variant<std::monostate, std::shared_ptr<Backend>, Error>;

// Until the model is there, or `left` says that nobody wants it any more: `bell` is rung then, and
// has no other listener. The model is in use while the backend is held.
asio::awaitable<OpenedModel> open_model(ModelOpener& opener, std::string name,
                                        std::shared_ptr<Doorbell> bell, std::function<bool()> left);

}  // namespace pincer
