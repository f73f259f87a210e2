#include "server/history/conversation_history.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "server/history/s3_object_store.h"
#include "server/history/sealed.h"
#include "server/metrics/text_format.h"

namespace pincer {
namespace {

using Response = ResponseStore::Response;

constexpr int kFetchers = 2;
constexpr int kMostFetches = 64;  // that run or wait

template <class T>
asio::awaitable<std::optional<T>> call(std::function<T()> work) {
  co_return work();
}

// `work` done by another thread than the caller's.
template <class T>
asio::awaitable<T> on(asio::thread_pool& pool, std::function<T()> work) {
  auto task = call<T>(std::move(work));  // optional: co_spawn wants a value to begin with
  auto done = co_await asio::co_spawn(pool.get_executor(), std::move(task), asio::use_awaitable);
  co_return *std::move(done);
}

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// A place among those that fetch.
class FetchPlace {
 public:
  explicit FetchPlace(std::shared_ptr<std::atomic<int>> taken)
      : taken_(std::move(taken)), number_(++*taken_) {}
  ~FetchPlace() { --*taken_; }
  FetchPlace(const FetchPlace&) = delete;
  FetchPlace& operator=(const FetchPlace&) = delete;
  bool too_many() const { return number_ > kMostFetches; }

 private:
  std::shared_ptr<std::atomic<int>> taken_;
  int number_;
};

class ConversationHistory final : public ResponseStore {
 public:
  ConversationHistory(std::unique_ptr<TurnStore> turns, std::unique_ptr<ColdStorage> cold)
      : turns_(std::move(turns)), cold_(std::move(cold)) {
    if (cold_) archiver_.emplace(cold_->archiver, *turns_, *cold_->objects, cold_->keys);
  }
  ~ConversationHistory() override {
    ConversationHistory::stop();
    fetchers_.join();
    disk_.join();
  }

  asio::awaitable<Result<void>> put(Response response) override {
    std::function<Result<void>()> work = [this, response = std::move(response)] {
      return put_now(*response);
    };
    co_return co_await on(disk_, std::move(work));
  }

  asio::awaitable<Result<Response>> find(std::string id, std::string owner) override {
    std::function<Result<Response>()> near = [this, id, owner] { return find_near(id, owner); };
    auto found = co_await on(disk_, std::move(near));
    if (!found || *found != nullptr || !may_be_far(id)) co_return found;
    const FetchPlace place(fetching_);
    if (place.too_many()) co_return too_many(id);
    std::function<Result<Response>()> far = [this, id, owner] { return find_far(id, owner); };
    co_return co_await on(fetchers_, std::move(far));
  }

  asio::awaitable<Result<bool>> remove(std::string id, std::string owner) override {
    const auto found = co_await find(id, owner);
    if (!found) co_return found.error();
    if (*found == nullptr) co_return false;
    std::function<Result<bool>()> work = [this, id] { return remove_now(id); };
    co_return co_await on(disk_, std::move(work));
  }

  void stop() override {
    if (cold_) cold_->objects->stop();
  }

  void write_metrics(MetricsText& out) const override {
    const auto number = [](const auto& value) { return static_cast<double>(value); };
    out.single("pincer_history_turns", "gauge", "Turns of conversations on this machine's disk.",
               number(turns_->turns()));
    out.single("pincer_history_bytes", "gauge", "Their size.", number(turns_->bytes()));
    out.single("pincer_history_write_failures_total", "counter",
               "Turns that could not be put on the disk.", number(write_failures_.load()));
    if (!archiver_) return;
    out.single("pincer_history_pending", "gauge",
               "Turns and removals that cold storage does not know yet.",
               number(turns_->waiting()));
    out.single("pincer_history_archived_total", "counter", "Turns that went to cold storage.",
               number(archiver_->archived()));
    out.single("pincer_history_archive_failures_total", "counter",
               "Times that cold storage did not take what was pending.",
               number(archiver_->failures()));
    out.single("pincer_history_restored_total", "counter", "Turns that came from cold storage.",
               number(restored_.load()));
    out.single("pincer_history_restore_failures_total", "counter",
               "Turns that cold storage did not give, or that could not be read.",
               number(restore_failures_.load()));
  }

 private:
  static Error too_many(const std::string& id) {
    return {ErrorCode::busy,
            fmt::format("{} others are being fetched from cold storage; '{}' is not on this "
                        "machine's disk: try again",
                        kMostFetches, id)};
  }

  Result<void> put_now(const StoredResponse& response) {
    auto done = turns_->put(turn_of(response, now_ms()));
    if (!done) ++write_failures_;
    if (done && archiver_) archiver_->wake();
    return done;
  }

  Result<Response> shown_to(HistoryTurn turn, const std::string& owner) {
    if (turn.owner != owner_digest(owner)) return Response();
    auto response = response_of(std::move(turn), owner);
    if (!response) return response.error();
    return Response(std::make_shared<const StoredResponse>(*std::move(response)));
  }

  Result<Response> find_near(const std::string& id, const std::string& owner) {
    auto turn = turns_->find(id);
    if (!turn) return turn.error();
    return *turn ? shown_to(**std::move(turn), owner) : Response();
  }

  bool may_be_far(std::string_view id) const { return cold_ != nullptr && is_turn_id(id); }

  Result<Response> find_far(const std::string& id, const std::string& owner) {
    const auto known = turns_->locate(id);
    if (!known) return known.error();
    if (*known == TurnStore::Place::removed) return Response();
    if (*known == TurnStore::Place::here) return find_near(id, owner);  // another fetched it
    auto turn = fetch(id);
    if (!turn) {
      ++restore_failures_;
      spdlog::warn("a conversation is not restored: {}", turn.error().message);
      return turn.error();
    }
    if (!*turn) return Response();
    auto shown = shown_to(**turn, owner);
    if (!shown || *shown == nullptr) return shown;
    ++restored_;
    if (auto kept = turns_->restore(**turn); !kept)
      spdlog::warn("a conversation stays in cold storage only: {}", kept.error().message);
    return shown;
  }

  Result<std::optional<HistoryTurn>> fetch(const std::string& id) {
    const std::string name = object_name(cold_->archiver.prefix, id);
    const auto sealed = cold_->objects->get(name);
    if (!sealed && sealed.error().code == ErrorCode::not_found) return std::optional<HistoryTurn>();
    if (!sealed) return sealed.error();
    const auto text = unseal(cold_->keys, name, *sealed);
    if (!text) return text.error();
    auto turn = parse_turn(*text);
    if (!turn) return turn.error();
    return std::optional<HistoryTurn>(*std::move(turn));
  }

  Result<bool> remove_now(const std::string& id) {
    auto done = turns_->remove(id);
    if (!done) return done.error();
    if (archiver_) archiver_->wake();
    return true;
  }

  const std::unique_ptr<TurnStore> turns_;
  const std::unique_ptr<ColdStorage> cold_;
  std::atomic<std::int64_t> write_failures_ = 0, restored_ = 0, restore_failures_ = 0;
  const std::shared_ptr<std::atomic<int>> fetching_ = std::make_shared<std::atomic<int>>(0);
  asio::thread_pool disk_{1};
  // Of its own: those who want what is on the disk must not wait for what is far away.
  asio::thread_pool fetchers_{kFetchers};
  std::optional<Archiver> archiver_;
};

Result<std::unique_ptr<ColdStorage>> open_cold(const HistoryConfig& config) {
  auto keys = read_seal_keys(config.key_file);
  if (!keys) return keys.error();
  auto credentials = read_aws_credentials(config.s3_credentials_file);
  if (!credentials) return credentials.error();
  S3Options options;
  options.endpoint = config.s3_endpoint;
  options.bucket = config.s3_bucket;
  options.region = config.s3_region;
  options.credentials = *std::move(credentials);
  options.ca_file = config.s3_ca_file;
  options.proxy = config.s3_proxy;
  auto objects = make_s3_object_store(std::move(options));
  if (!objects) return objects.error();
  ArchiverOptions archiver;
  archiver.prefix = config.s3_prefix;
  return std::make_unique<ColdStorage>(
      ColdStorage{*std::move(objects), *std::move(keys), std::move(archiver)});
}

}  // namespace

std::shared_ptr<ResponseStore> make_conversation_history(std::unique_ptr<TurnStore> turns,
                                                         std::unique_ptr<ColdStorage> cold) {
  return std::make_shared<ConversationHistory>(std::move(turns), std::move(cold));
}

Result<std::shared_ptr<ResponseStore>> open_conversation_history(const HistoryConfig& config) {
  std::unique_ptr<ColdStorage> cold;
  if (!config.s3_bucket.empty()) {
    auto opened = open_cold(config);
    if (!opened) return opened.error();
    cold = *std::move(opened);
  }
  TurnStoreOptions options;
  options.folder = config.path;
  options.max_bytes = config.max_bytes;
  options.archived = cold != nullptr;
  auto turns = TurnStore::open(options);
  if (!turns) return turns.error();
  return make_conversation_history(*std::move(turns), std::move(cold));
}

}  // namespace pincer
