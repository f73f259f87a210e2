// Turns on this machine's disk: what was put is there after a crash, whole.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pincer/engine/result.h"
#include "server/history/database.h"
#include "server/history/turn.h"

namespace pincer {

struct TurnStoreOptions {
  std::filesystem::path folder;  // made if it is not there
  std::int64_t max_bytes = std::int64_t{8} << 30;
  bool archived = false;  // there is cold storage: nothing makes room that is not there yet
};

// Thread-safe; every call may wait for the disk.
class TurnStore {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;

  // Errors: those of Database::open(); unsupported: a later version's, or another program's file.
  static Result<std::unique_ptr<TurnStore>> open(const TurnStoreOptions& options,
                                                 Clock clock = std::chrono::system_clock::now);
  ~TurnStore();

  // On disk when it returns. Replaces one of the same id. What was used longest ago makes room.
  // Errors: no_space (max_bytes, of turns that wait for cold storage; or the disk), io.
  Result<void> put(const HistoryTurn& turn);
  // One that came back from cold storage; nothing happens if it was removed meanwhile.
  Result<void> restore(const HistoryTurn& turn);

  // Counts as a use.
  Result<std::optional<HistoryTurn>> find(std::string_view id);
  // Does not.
  Result<std::optional<HistoryTurn>> peek(std::string_view id);
  enum class Place { here, removed, unknown };  // removed: cold storage may not know it yet
  Result<Place> locate(std::string_view id);
  // Also one that is in cold storage only, whose removal is then remembered.
  Result<void> remove(std::string_view id);

  // For the archiver. What waits for cold storage, oldest first.
  struct Waiting {
    std::int64_t version = 0;  // of the turn: another one if it is replaced
    std::string id;
  };
  Result<std::vector<Waiting>> unarchived(int most);
  Result<void> set_archived(const Waiting& turn);
  Result<std::vector<std::string>> removals(int most);
  Result<void> set_removal_done(std::string_view id);

  std::int64_t turns() const { return turns_; }
  std::int64_t bytes() const { return bytes_; }
  std::int64_t waiting() const { return waiting_; }  // turns and removals

 private:
  TurnStore(const TurnStoreOptions& options, Clock clock, std::unique_ptr<Database> database);
  Result<void> prepare();
  Result<void> count();
  std::int64_t now_ms() const;
  Result<void> write(const HistoryTurn& turn, bool archived);
  Result<void> drop(std::string_view id);
  Result<void> make_room(std::int64_t version);
  Result<std::optional<HistoryTurn>> select(std::string_view id);
  Result<bool> exists(const char* sql, std::string_view id);
  Result<void> note_uses();
  Result<void> save_uses();
  Result<Transaction> begin();
  Result<void> finish(Transaction transaction, Result<void> done);

  const TurnStoreOptions options_;
  const Clock clock_;
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
  std::unordered_map<std::string, std::int64_t> uses_;  // id -> time, not yet in the database
  std::int64_t turns_delta_ = 0, bytes_delta_ = 0, waiting_delta_ = 0;  // of the transaction
  std::atomic<std::int64_t> turns_ = 0, bytes_ = 0, waiting_ = 0;
};

}  // namespace pincer
