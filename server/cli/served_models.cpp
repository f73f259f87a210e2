#include "server/cli/served_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "pincer/engine/kv_format.h"
#include "pincer/server/local_backend.h"
#include "server/cli/catalogue.h"
#include "server/cli/command.h"
#include "server/cli/model_store.h"

namespace pincer {
namespace {

std::string fingerprint(const LoadedModel& model) {
  return fmt::format("pincer-{}-{}", version(), name(model.model->format));
}

std::string served_name(const std::string& source) {
  if (find_in_catalogue(source) != nullptr) return source;
  return std::filesystem::path(source).stem().string();
}

class LocalOpener final : public ServedModels {
 public:
  LocalOpener(std::vector<ServedModel> models, const ServeConfig& config)
      : models_(std::move(models)),
        config_(config),
        turns_(make_turns()),
        manager_(manager_options(config),
                 [this](const std::string& name, bool alone, const ModelManager::Admit& admit) {
                   return load(name, alone, admit);
                 }) {}

  std::vector<std::string> names() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const ServedModel& m : models_) names.push_back(m.name);
    return names;
  }
  void replace(std::vector<ServedModel> models) override {
    const std::lock_guard lock(mutex_);
    models_.swap(models);
  }
  void open(const std::string& name, Done done) override {
    manager_.acquire(name, [done = std::move(done)](Result<ModelManager::Lease> lease) {
      if (!lease) return done(lease.error());
      done(backend_of(std::move(*lease)));
    });
  }
  std::shared_ptr<Backend> peek(const std::string& name) override {
    if (!find(name)) return nullptr;
    auto lease = manager_.peek(name);
    return lease ? backend_of(std::move(lease)) : nullptr;
  }
  ModelManagerStats stats() const override { return manager_.stats(); }
  std::int64_t budget() const override { return manager_.budget(); }

 private:
  static ModelManagerOptions manager_options(const ServeConfig& config) {
    ModelManagerOptions options;
    options.budget = config.pool_budget > 0 ? config.pool_budget : default_pool_budget();
    options.max_waiting = config.max_active + config.max_queued;
    return options;
  }
  std::optional<ServedModel> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(models_, name, &ServedModel::name);
    return found == models_.end() ? std::nullopt : std::optional(*found);
  }

  // On the manager's thread.
  Result<std::unique_ptr<RunningModel>> load(const std::string& name, bool alone,
                                             const ModelManager::Admit& admit) {
    const std::optional<ServedModel> found = find(name);
    if (!found) return Error{ErrorCode::not_found, fmt::format("there is no model '{}'", name)};
    // Where others run, packing leaves the cores to them.
    auto loaded = open_model({found->source, false, alone ? config_.threads : 1, config_.weights,
                              config_.placement, admit});
    if (!loaded) return loaded.error();
    loaded->name = name;
    EngineOptions options = engine_options(*loaded, config_.threads);
    options.context = config_.context;
    options.max_active = config_.max_active;
    options.max_queued = config_.max_queued;
    options.prefill_chunk = config_.prefill_chunk;
    options.kv.format = parse_kv_format(config_.kv);
    options.prefix_cache = config_.prefix_cache;
    options.context_shift = config_.context_shift;
    options.turns = turns_;
    options.step_target_ms = config_.step_target_ms;
    if (auto set = set_speculation(options, *loaded, config_.speculation, config_.draft); !set)
      return set.error();
    auto engine = Engine::start(loaded->model, options);
    if (!engine) return engine.error();
    std::string print = fingerprint(*loaded);
    return make_backed_model(std::move(*loaded), std::move(*engine), std::move(print),
                             config_.reasoning);
  }

  mutable std::mutex mutex_;
  std::vector<ServedModel> models_;
  const ServeConfig config_;
  const std::shared_ptr<Turns> turns_;
  ModelManager manager_;  // last: its thread uses the others
};

}  // namespace

Result<std::vector<ServedModel>> served_models(const ServeConfig& config) {
  std::vector<ServedModel> models;
  const auto known = [&](const std::string& name) {
    return std::ranges::find(models, name, &ServedModel::name) != models.end();
  };
  std::vector<std::string> sources = config.models;
  if (sources.empty()) sources.emplace_back(default_model().name);
  for (const std::string& source : sources) {
    const std::string name = served_name(source);
    if (known(name)) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("two models are called '{}'; rename one of the files", name)};
    }
    models.push_back({name, source});
  }
  const auto stored = stored_models();
  if (!stored) return models;  // no home: only what was named
  for (const StoredModel& m : *stored) {
    const std::string source = find_in_catalogue(m.name) ? m.name : m.file.string();
    if (m.fetched && !known(served_name(source))) models.push_back({served_name(source), source});
  }
  return models;
}

std::shared_ptr<ServedModels> make_model_opener(std::vector<ServedModel> models,
                                                const ServeConfig& config) {
  return std::make_shared<LocalOpener>(std::move(models), config);
}

}  // namespace pincer
