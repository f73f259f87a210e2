#include "server/api/openai_models.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "server/api/ollama_names.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace json = boost::json;

namespace {

// OpenAI's members and Anthropic's, whose clients ask at the same place.
json::object openai_model_object(const Models::Entry& entry) {
  json::object object{
      {"id", entry.name},
      {"object", "model"},
      {"created", entry.created},
      {"owned_by", "pincer"},
      {"type", "model"},
      {"display_name", entry.name},
      {"created_at", rfc3339(std::chrono::system_clock::from_time_t(entry.created))}};
  if (entry.backend) object["context_length"] = entry.backend->context();  // an extension
  return object;
}

}  // namespace

asio::awaitable<void> openai_models(const Api& api, Exchange& exchange) {
  json::array data;
  for (const Models::Entry& entry : api.models->list())
    data.emplace_back(openai_model_object(entry));
  json::object page{{"object", "list"}, {"has_more", false}};
  page["first_id"] = data.empty() ? json::value() : data.front().at("id");
  page["last_id"] = data.empty() ? json::value() : data.back().at("id");
  page["data"] = std::move(data);
  Response response;
  response.body = json::serialize(page);
  co_await exchange.send(std::move(response));
}

asio::awaitable<void> openai_model(const Api& api, Exchange& exchange) {
  const std::string name = exchange.request().path.substr(std::string_view("/v1/models/").size());
  const std::vector<Models::Entry> models = api.models->list();
  const auto entry = std::ranges::find(models, name, &Models::Entry::name);
  Response response;
  if (entry != models.end()) {
    response.body = json::serialize(openai_model_object(*entry));
  } else {
    response = openai_error_response(model_not_found(name));
  }
  co_await exchange.send(std::move(response));
}

}  // namespace pincer
