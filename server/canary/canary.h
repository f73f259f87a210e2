// A canary: a part of a route's requests is answered by another upstream than the one it is to
// replace, until it has proven itself or has been found worse.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "server/canary/arm_tests.h"
#include "server/route/route_config.h"

namespace pincer {

// What became of a request that the lot had put into either arm.
struct CanaryOutcome {
  bool canary = false;
  double weight = 0;          // the share of the lot at that time, in (0, 1)
  std::uint64_t session = 0;  // session_hash(); 0: none
  bool error = false;         // the arm's upstream failed, whoever answered then
  double first_token_s = -1;  // negative: none, or it is not comparable
  int answer_tokens = -1;     // of one that ended by itself or by its limit; negative: neither
};

enum class CanaryStage {
  running,
  rolled_back,  // by a guard or by hand
  promoted,     // all requests go to it
};
std::string_view name(CanaryStage stage);

struct GuardStatus {
  std::string guard;                // "error_rate", "ttft", "answer_length", "agreement"
  double baseline = 0, canary = 0;  // what is compared, in the guard's unit
  double limit = 0;                 // that the difference or ratio of them must exceed
  double excess = 0;                // that difference or ratio
  double confidence = 0;            // 0 … 1: how much of the evidence that is asked for is there
  bool breached = false;
};

struct CanaryStatus {
  CanaryStage stage = CanaryStage::running;
  std::string target, baseline;
  double weight = 0;       // in percent, as it is in effect
  std::string reason;      // of the stage; empty at the beginning
  std::int64_t since = 0;  // Unix time in seconds
  int requests = 0, baseline_requests = 0, shadows = 0;
  bool proven = false;  // it had min_requests, and no guard was breached
  std::vector<GuardStatus> guards;
};

// Thread-safe.
class Canary {
 public:
  explicit Canary(CanaryConfig config);

  const CanaryConfig& config() const { return config_; }
  double weight() const;  // the share of requests, 0 … 1
  // The share of the baseline's requests that it answers as well, unseen.
  double shadow_weight() const;

  // A session counts once: its requests are in one arm, so that they are not drawn by lot each.
  // Returns the reason if this rolled the canary back.
  std::optional<std::string> observe(const CanaryOutcome& outcome);
  // How much of an answer that both gave to one request was the same: 0 … 1.
  std::optional<std::string> observe_agreement(double share);

  CanaryStatus status() const;
  void set_weight(double percent);
  void roll_back(std::string reason);
  void promote();
  void resume();  // runs again, and is judged from its beginning

 private:
  struct Tests {
    explicit Tests(const CanaryConfig& config);
    RateTest errors;
    RankTest first_token, length;
    MeanTest agreement;
    std::unordered_set<std::uint64_t> sessions;
  };
  std::vector<GuardStatus> guards() const;
  bool has_evidence() const;
  std::optional<std::string> judge();
  void enter(CanaryStage stage, std::string reason);

  const CanaryConfig config_;
  mutable std::mutex mutex_;
  CanaryStage stage_ = CanaryStage::running;
  double percent_;
  std::string reason_;
  std::int64_t since_;
  Tests tests_;
};

}  // namespace pincer
