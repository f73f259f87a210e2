#include "server/http/key_ring.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace pincer {
namespace {

constexpr double kRounding = 1e-6;  // of sums of fractions: what Retry-After says shall hold

Problem limit_reached(std::string message, int retry_after_seconds) {
  return {.status = 429,
          .message = std::move(message),
          .type = "rate_limit_error",
          .code = "rate_limit_exceeded",
          .retry_after_seconds = retry_after_seconds};
}

Problem not_permitted(std::string message, std::optional<std::string> param = {}) {
  return {.status = 403,
          .message = std::move(message),
          .type = "permission_error",
          .param = std::move(param),
          .code = "not_permitted"};
}

std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::embeddings:
      return "embeddings";
    case Scope::metrics:
      return "metrics";
    case Scope::admin:
      return "admin";
    default:
      return "inference";
  }
}

}  // namespace

ApiKey::Digest key_digest(std::string_view secret) {
  ApiKey::Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
  return digest;
}

ApiKey plain_api_key(std::string_view secret) {
  ApiKey key;
  key.sha256 = key_digest(secret);
  key.name = fmt::format("key-{:02x}{:02x}{:02x}{:02x}", key.sha256[0], key.sha256[1],
                         key.sha256[2], key.sha256[3]);
  return key;
}

double MinuteBudget::available(double limit, Time now) {
  if (filled_ == Time::min()) {
    level_ = limit;
  } else if (now > filled_) {
    level_ += std::chrono::duration<double>(now - filled_).count() * limit / 60;
  }
  filled_ = std::max(filled_, now);
  level_ = std::min(level_, limit);
  return level_;
}

int MinuteBudget::seconds_until(double amount, double available, double limit) {
  return std::max(1, static_cast<int>(std::ceil((amount - available - kRounding) * 60 / limit)));
}

std::optional<Problem> KeyUsage::begin(const ApiKey& key, Time now) {
  const std::lock_guard lock(mutex_);
  if (key.concurrent > 0 && active_ >= key.concurrent) {
    return limit_reached(fmt::format("The API key '{}' has {} requests in progress, as many as it "
                                     "may: wait for one to end.",
                                     key.name, active_),
                         1);
  }
  if (key.tokens_per_minute > 0) {
    const auto limit = static_cast<double>(key.tokens_per_minute);
    const double left = tokens_.available(limit, now);
    if (left < 1 - kRounding) {
      return limit_reached(fmt::format("The API key '{}' has used its {} tokens a minute.",
                                       key.name, key.tokens_per_minute),
                           MinuteBudget::seconds_until(1, left, limit));
    }
  }
  if (key.requests_per_minute > 0) {
    const double left = requests_.available(key.requests_per_minute, now);
    if (left < 1 - kRounding) {
      return limit_reached(fmt::format("The API key '{}' has used its {} requests a minute.",
                                       key.name, key.requests_per_minute),
                           MinuteBudget::seconds_until(1, left, key.requests_per_minute));
    }
    requests_.take(1);
  }
  ++active_;
  return std::nullopt;
}

void KeyUsage::end() {
  const std::lock_guard lock(mutex_);
  --active_;
}

void KeyUsage::spend(const ApiKey& key, std::int64_t tokens, Time now) {
  if (key.tokens_per_minute <= 0) return;
  const std::lock_guard lock(mutex_);
  tokens_.available(static_cast<double>(key.tokens_per_minute), now);
  tokens_.take(static_cast<double>(tokens));
}

std::optional<Problem> Account::check_scope(Scope scope) const {
  const auto needed = static_cast<unsigned>(scope);
  if ((key_.scopes & needed) == needed) return std::nullopt;
  return not_permitted(
      fmt::format("The API key '{}' has no scope '{}'.", key_.name, scope_name(scope)));
}

std::optional<Problem> Account::check_model(std::string_view model) const {
  if (key_.models.empty() || std::ranges::find(key_.models, model) != key_.models.end())
    return std::nullopt;
  return not_permitted(
      fmt::format("The API key '{}' may not ask the model '{}'.", key_.name, model), "model");
}

std::optional<Problem> Account::check_priority(int priority) const {
  if (priority <= key_.max_priority) return std::nullopt;
  return not_permitted(
      fmt::format("The API key '{}' may not ask with this priority: choose a lower service_tier.",
                  key_.name),
      "service_tier");
}

void Account::spend(std::int64_t tokens) const {
  usage_->spend(key_, tokens, std::chrono::steady_clock::now());
}

AccountUse::~AccountUse() {
  if (account_) account_->usage()->end();
}

AccountUse& AccountUse::operator=(AccountUse&& other) noexcept {
  std::swap(account_, other.account_);
  return *this;
}

std::variant<AccountUse, Problem> AccountUse::begin(std::shared_ptr<const Account> account) {
  AccountUse use;
  if (account) {
    auto problem = account->usage()->begin(account->key(), std::chrono::steady_clock::now());
    if (problem) return *std::move(problem);
    use.account_ = std::move(account);
  }
  return use;
}

std::shared_ptr<const KeyRing::Accounts> KeyRing::accounts() const {
  const std::lock_guard lock(mutex_);
  return accounts_;
}

void KeyRing::replace(std::vector<ApiKey> keys) {
  const auto old = accounts();
  auto fresh = std::make_shared<Accounts>();
  for (ApiKey& key : keys) {
    const auto known = std::ranges::find_if(
        *old, [&key](const auto& account) { return account->key().sha256 == key.sha256; });
    auto usage = known == old->end() ? std::make_shared<KeyUsage>() : (*known)->usage();
    fresh->push_back(std::make_shared<Account>(std::move(key), std::move(usage)));
  }
  const std::lock_guard lock(mutex_);
  accounts_ = std::move(fresh);
}

std::variant<std::shared_ptr<const Account>, Problem> KeyRing::find(std::string_view shown) const {
  const auto all = accounts();
  std::shared_ptr<const Account> found;
  if (all->empty()) return found;
  const ApiKey::Digest digest = key_digest(shown);
  for (const auto& account : *all) {
    if (CRYPTO_memcmp(digest.data(), account->key().sha256.data(), digest.size()) == 0)
      found = account;
  }
  if (found && !shown.empty()) return found;
  return Problem{.status = 401,
                 .message = shown.empty()
                                ? "No API key was given: send 'Authorization: Bearer KEY'."
                                : "The API key is not one of this server's keys.",
                 .code = "invalid_api_key"};
}

}  // namespace pincer
