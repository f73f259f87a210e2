// pincer pull, list, show: the models that are here.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "pincer/engine/gguf.h"
#include "server/cli/command.h"
#include "server/cli/model_store.h"

namespace pincer {
namespace {

int pull(const std::string& name) {
  const CatalogueModel* model = find_in_catalogue(name);
  if (model == nullptr) {
    std::string names;
    for (const CatalogueModel& m : catalogue()) names += fmt::format(" {}", m.name);
    return fail({ErrorCode::not_found,
                 fmt::format("there is no '{}' in the catalogue; it has:{}", name, names)});
  }
  auto file = pull_model(*model);
  if (!file) return fail(file.error());
  fmt::print("{}\n", file->string());
  return kOk;
}

int list(bool json) {
  auto models = stored_models();
  if (!models) return fail(models.error());
  if (json) {
    boost::json::array entries;
    for (const StoredModel& m : *models) {
      entries.push_back({{"name", m.name},
                         {"file", m.file.string()},
                         {"fetched", m.fetched},
                         {"bytes", m.bytes}});
    }
    fmt::print("{}\n", boost::json::serialize(
                           boost::json::object{{"schema", 1}, {"models", std::move(entries)}}));
    return kOk;
  }
  for (const StoredModel& m : *models) {
    const CatalogueModel* known = find_in_catalogue(m.name);
    fmt::print("{:<28} {:>8.1f} MB  {:<12} {}\n", m.name, static_cast<double>(m.bytes) * 1e-6,
               m.fetched ? "here" : "not fetched",
               known != nullptr ? fmt::format("{} ({})", known->description, known->licence)
                                : std::string());
  }
  return kOk;
}

}  // namespace

void add_pull_command(CLI::App& app, Action& action) {
  const auto name = std::make_shared<std::string>(default_model().name);
  CLI::App* sub = app.add_subcommand("pull", "Fetch a model of the catalogue and check it");
  sub->add_option("model", *name, "its name; without one, the default model");
  sub->footer("Example:\n  pincer pull smollm2-135m-instruct");
  sub->callback([name, &action] { action = [name] { return pull(*name); }; });
}

void add_list_command(CLI::App& app, Action& action) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* sub = app.add_subcommand("list", "List the models: the catalogue, and what is here");
  sub->add_flag("--json", *json, "print one JSON object");
  sub->footer("Example:\n  pincer list");
  sub->callback([json, &action] { action = [json] { return list(*json); }; });
}

}  // namespace pincer
