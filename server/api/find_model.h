// From a model's name to the backend that answers for it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/http/doorbell.h"
#include "server/http/problem.h"

namespace pincer {

using FoundModel = std::variant<std::shared_ptr<Backend>, Problem>;

// Waits for a model that is loaded on demand, unless the caller leaves: then the problem is
// caller_left(). `bell` is one that is rung when the caller leaves, and that nobody else waits for.
// The model is in use while the backend is held.
asio::awaitable<FoundModel> find_model(const Api& api, const Caller& caller,
                                       std::shared_ptr<Doorbell> bell, std::string name);

// The same for requests that need no more than the model: watches the caller meanwhile.
asio::awaitable<FoundModel> find_model(const Api& api, Caller& caller, std::string name);

// Fills in a name that the request left out, as clients of servers with one model do; the problem
// is that there are several. Routes do not count: they have to be named.
std::optional<Problem> complete_model_name(const Models& models, std::string& name);

// Nobody is there to be told: such a problem is not sent.
Problem caller_left();
bool is_caller_left(const Problem& problem);

}  // namespace pincer
