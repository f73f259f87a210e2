// The models that a server offers.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/server/backend.h"
#include "pincer/server/model_opener.h"

namespace pincer {

// Thread-safe: models come and go while the server runs.
class Models {
 public:
  struct Entry {
    std::string name;
    std::shared_ptr<Backend> backend;  // null while the model is loading, or not loaded
    std::int64_t created = 0;          // seconds since 1970, when it was announced or added
    bool on_demand = false;            // the opener's: open() it before generating
    bool route = false;                // no model, but a route to several
  };

  // Known but not there yet: requests are answered 503 and not 404.
  void announce(std::string name);
  // Replaces an entry of the same name.
  void add(std::shared_ptr<Backend> backend);
  void remove(std::string_view name);
  // Its models are offered as well. Before the server starts.
  void set_opener(std::shared_ptr<ModelOpener> opener);
  const std::shared_ptr<ModelOpener>& opener() const { return opener_; }
  // Names of routes, which are listed as well, before a model of the same name.
  void set_routes(std::vector<std::string> names);

  std::optional<Entry> find(std::string_view name) const;  // no route
  std::vector<Entry> list() const;
  bool ready() const;  // there is a model, or an opener, and none that was announced is missing

 private:
  std::vector<Entry> models() const;  // without the routes
  void put(std::string name, std::shared_ptr<Backend> backend);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::shared_ptr<ModelOpener> opener_;
  std::int64_t opener_since_ = 0;
  std::vector<Entry> routes_;
};

}  // namespace pincer
