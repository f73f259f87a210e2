// /v1/responses/{id}: what was kept is looked up and deleted.
#pragma once

#include <string>
#include <string_view>

#include "server/api/api.h"
#include "server/http/problem.h"

namespace pincer {

asio::awaitable<void> get_response(const Api& api, Exchange& exchange);  // and …/input_items
asio::awaitable<void> delete_response(const Api& api, Exchange& exchange);
// POST …/cancel: none is made in the background, so that there is never anything to cancel.
asio::awaitable<void> cancel_response(const Api& api, Exchange& exchange);

Problem response_not_found(std::string_view id, std::string param);
// The store could not say.
Problem history_problem(const Error& error, std::string_view id, std::string param);

}  // namespace pincer
