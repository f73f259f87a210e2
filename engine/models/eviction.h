// Which model goes when another one needs its memory. Pure: time comes in as seconds.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pincer {

class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;
  // A request for the model, whether it was there or not. `now` does not go back.
  virtual void used(const std::string& model, double now) = 0;
  // Of keeping the model's `bytes`; the least valuable goes first.
  virtual double value(const std::string& model, std::int64_t bytes, double now) const = 0;
};

// Requests count one each and halve with every half-life, so that what was popular long ago goes.
// The value is the time that keeping a byte is expected to save: decayed use times the time of
// loading the model again, by its size.
class DecayedUse final : public EvictionPolicy {
 public:
  explicit DecayedUse(double half_life_seconds) : half_life_(half_life_seconds) {}
  void used(const std::string& model, double now) override;
  double value(const std::string& model, std::int64_t bytes, double now) const override;
  double use(const std::string& model, double now) const;  // decayed number of requests

 private:
  struct Count {
    double uses = 0, at = 0;
  };
  double half_life_;
  std::map<std::string, Count, std::less<>> counts_;
};

// The time of the last request: what most caches do. Here to compare with.
class LeastRecentlyUsed final : public EvictionPolicy {
 public:
  void used(const std::string& model, double now) override { last_[model] = now; }
  double value(const std::string& model, std::int64_t, double) const override {
    const auto found = last_.find(model);
    return found == last_.end() ? 0 : found->second;
  }

 private:
  std::map<std::string, double, std::less<>> last_;
};

// Seconds to load a model from a warm file cache: a tokenizer and a template to read, whatever the
// size, and a digest over all bytes. Measured: 0.05 s, and 2 GB/s with one thread.
double reload_seconds(std::int64_t bytes);

struct Resident {
  std::string name;
  std::int64_t bytes = 0;
  bool in_use = false;
};

// Indices into `residents` of those that go to free `bytes`: the least valuable first, ones in use
// only when the others are not enough, none that turns out not to be needed. Empty when all
// together are too small.
std::vector<std::size_t> choose_victims(std::span<const Resident> residents, std::int64_t bytes,
                                        const EvictionPolicy& policy, double now);

}  // namespace pincer
