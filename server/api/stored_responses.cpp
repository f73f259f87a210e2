#include "server/api/stored_responses.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <iterator>
#include <utility>
#include <variant>

#include "server/api/answer_stream.h"
#include "server/api/http_caller.h"
#include "server/api/openai_error.h"
#include "server/api/response_store.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::string_view kPath = "/v1/responses/";

// "/v1/responses/{id}" and what may follow.
struct Place {
  std::string id;
  std::string below;  // "", "input_items", "cancel"
};

Place place_of(const Exchange& exchange) {
  std::string_view rest = exchange.request().path;
  rest.remove_prefix(kPath.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return {std::string(rest.substr(0, slash)),
          std::string(rest.substr(std::min(slash + 1, rest.size())))};
}

constexpr std::size_t kUsualPage = 20, kMostPage = 100;  // items, as OpenAI has it

Problem wrong_parameter(std::string name, std::string_view why) {
  std::string message = fmt::format("Invalid value for '{}': {}.", name, why);
  return {.message = std::move(message), .param = std::move(name), .code = "invalid_value"};
}

std::variant<std::string, Problem> input_items_page(const std::string& items,
                                                    std::string_view query) {
  json::array data = json::parse(items).get_array();
  const std::string order = query_value(query, "order").value_or("desc");
  if (order != "asc" && order != "desc")
    return wrong_parameter("order", "it must be 'asc' or 'desc'");
  if (order == "desc") std::ranges::reverse(data);
  if (const auto after = query_value(query, "after")) {
    const auto found = std::ranges::find_if(
        data, [&](const json::value& item) { return item.at("id") == json::string(*after); });
    if (found == data.end())
      return wrong_parameter("after", fmt::format("there is no item '{}'", *after));
    data.erase(data.begin(), std::next(found));
  }
  std::size_t limit = kUsualPage;
  if (const auto text = query_value(query, "limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc() || end != text->data() + text->size() || limit < 1 ||
        limit > kMostPage)
      return wrong_parameter("limit", fmt::format("it is from 1 to {}", kMostPage));
  }
  json::object page{{"object", "list"}, {"has_more", data.size() > limit}};
  if (data.size() > limit) data.resize(limit);
  page["first_id"] = data.empty() ? json::value() : data.front().at("id");
  page["last_id"] = data.empty() ? json::value() : data.back().at("id");
  page["data"] = std::move(data);
  return json::serialize(page);
}

Problem nothing_there(const Exchange& exchange) {
  return {.status = 404,
          .message = fmt::format("There is nothing at '{}'.", exchange.request().path),
          .code = "not_found"};
}

}  // namespace

Problem response_not_found(std::string_view id, std::string param) {
  return {
      .status = 404,
      .message = fmt::format("There is no response '{}': it was never stored, has been deleted, "
                             "or was dropped because it was not used for long.",
                             id),
      .param = std::move(param),
      .code = "response_not_found"};
}

Problem history_problem(const Error& error, std::string_view id, std::string param) {
  Problem problem{.status = 503,
                  .message = fmt::format("The response '{}' cannot be had at the moment: {}", id,
                                         error.message),
                  .type = "server_error",
                  .param = std::move(param),
                  .code = "history_unavailable",
                  .retry_after_seconds = 5};
  const bool lasting = error.code == ErrorCode::corrupt || error.code == ErrorCode::not_found ||
                       error.code == ErrorCode::unsupported;
  if (!lasting) return problem;
  problem.status = 500;
  problem.message = fmt::format("The response '{}' cannot be read: {}", id, error.message);
  problem.code = "history_unreadable";
  problem.retry_after_seconds = 0;
  return problem;
}

namespace {

// Null: the client was told why it is not there.
asio::awaitable<ResponseStore::Response> find_or_refuse(const Api& api, Exchange& exchange,
                                                        const std::string& id) {
  std::string owner(HttpCaller(exchange).identity());
  auto found = co_await api.responses->find(id, std::move(owner));
  if (found && *found != nullptr) co_return *std::move(found);
  Problem problem = found ? response_not_found(id, "response_id")
                          : history_problem(found.error(), id, "response_id");
  co_await send_problem(exchange, std::move(problem), openai_error_response);
  co_return nullptr;
}

}  // namespace

asio::awaitable<void> get_response(const Api& api, Exchange& exchange) {
  const Place place = place_of(exchange);
  const bool items = place.below == "input_items";
  if (!items && !place.below.empty())
    co_return co_await send_problem(exchange, nothing_there(exchange), openai_error_response);
  const std::string query = exchange.request().query;
  if (!items && query_value(query, "stream").value_or("false") != "false") {
    Problem problem{.message =
                        "Unsupported parameter 'stream': events of a stored response are "
                        "not kept; leave it out.",
                    .param = "stream",
                    .code = "unsupported_parameter"};
    co_return co_await send_problem(exchange, std::move(problem), openai_error_response);
  }
  const auto stored = co_await find_or_refuse(api, exchange, place.id);
  if (!stored) co_return;
  Response response;
  if (items) {
    auto page = input_items_page(stored->input_items, query);
    if (auto* problem = std::get_if<Problem>(&page))
      co_return co_await send_problem(exchange, std::move(*problem), openai_error_response);
    response.body = std::get<std::string>(std::move(page));
  } else {
    response.body = stored->body;
  }
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> delete_response(const Api& api, Exchange& exchange) {
  const Place place = place_of(exchange);
  if (!place.below.empty())
    co_return co_await send_problem(exchange, nothing_there(exchange), openai_error_response);
  std::string owner(HttpCaller(exchange).identity());
  const auto removed = co_await api.responses->remove(place.id, std::move(owner));
  if (!removed || !*removed) {
    Problem problem = removed ? response_not_found(place.id, "response_id")
                              : history_problem(removed.error(), place.id, "response_id");
    co_return co_await send_problem(exchange, std::move(problem), openai_error_response);
  }
  Response response;
  response.body =
      json::serialize(json::object{{"id", place.id}, {"object", "response"}, {"deleted", true}});
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> cancel_response(const Api& api, Exchange& exchange) {
  const Place place = place_of(exchange);
  if (place.below != "cancel")
    co_return co_await send_problem(exchange, nothing_there(exchange), openai_error_response);
  const auto stored = co_await find_or_refuse(api, exchange, place.id);
  if (!stored) co_return;
  Problem problem{.message = fmt::format("The response '{}' is complete: only one that is made in "
                                         "the background could be cancelled. Close the stream of "
                                         "one that is not.",
                                         place.id),
                  .param = "response_id",
                  .code = "invalid_value"};
  co_await send_problem(exchange, std::move(problem), openai_error_response);
}

}  // namespace pincer
