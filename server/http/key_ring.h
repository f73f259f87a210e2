// The keys that open a server, and how much each has used.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "pincer/server/api_key.h"
#include "server/http/problem.h"

namespace pincer {

// A supply that is filled continuously up to one minute's worth, and may be overdrawn.
class MinuteBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // What is there at `now`, with `limit` a minute.
  double available(double limit, Time now);
  void take(double amount) { level_ -= amount; }
  // Seconds until there is `amount`, at least 1.
  static int seconds_until(double amount, double available, double limit);

 private:
  double level_ = -1;
  Time filled_ = Time::min();
};

// What was used under one key. Thread-safe.
class KeyUsage {
 public:
  using Time = MinuteBudget::Time;
  // 429 with the time to wait when a limit is reached; else a request has begun, which end() ends.
  std::optional<Problem> begin(const ApiKey& key, Time now);
  void end();
  void spend(const ApiKey& key, std::int64_t tokens, Time now);

 private:
  std::mutex mutex_;
  MinuteBudget requests_, tokens_;
  int active_ = 0;
};

// One key with its use. Immutable but for that.
class Account {
 public:
  Account(ApiKey key, std::shared_ptr<KeyUsage> usage)
      : key_(std::move(key)), usage_(std::move(usage)) {}

  const ApiKey& key() const { return key_; }
  const std::shared_ptr<KeyUsage>& usage() const { return usage_; }

  std::optional<Problem> check_scope(Scope scope) const;             // 403
  std::optional<Problem> check_model(std::string_view model) const;  // 403
  std::optional<Problem> check_priority(int priority) const;         // 403
  void spend(std::int64_t tokens) const;

 private:
  ApiKey key_;
  std::shared_ptr<KeyUsage> usage_;
};

// A request in progress under an account, or under none.
class AccountUse {
 public:
  AccountUse() = default;
  ~AccountUse();
  AccountUse(AccountUse&& other) noexcept = default;
  AccountUse& operator=(AccountUse&& other) noexcept;
  AccountUse(const AccountUse&) = delete;
  AccountUse& operator=(const AccountUse&) = delete;

  static std::variant<AccountUse, Problem> begin(std::shared_ptr<const Account> account);

 private:
  std::shared_ptr<const Account> account_;
};

// Thread-safe.
class KeyRing {
 public:
  explicit KeyRing(std::vector<ApiKey> keys) { replace(std::move(keys)); }

  // What was used under a key that stays is kept.
  void replace(std::vector<ApiKey> keys);
  // The account of `shown`; null when no keys are asked for; 401. Takes the same time whichever
  // key it is, if any.
  std::variant<std::shared_ptr<const Account>, Problem> find(std::string_view shown) const;

 private:
  using Accounts = std::vector<std::shared_ptr<const Account>>;
  std::shared_ptr<const Accounts> accounts() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Accounts> accounts_ = std::make_shared<Accounts>();
};

}  // namespace pincer
