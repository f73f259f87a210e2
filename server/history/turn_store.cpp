#include "server/history/turn_store.h"

#include <fmt/format.h>

#include <utility>

namespace pincer {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::int64_t kApplication = 0x506e6368;  // "Pnch"
constexpr std::int64_t kSchema = 1;
constexpr std::size_t kMostUses = 256;  // in memory; a crash forgets them
constexpr std::int64_t kRemovalMemory = 3'600'000;
// Of SQLite's pages and indexes, for each turn.
constexpr std::int64_t kRowBytes = 512;

// Texts stand apart, so that marking a turn does not write them again.
constexpr const char* kCreate = R"(
CREATE TABLE turns(version INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
  created INTEGER NOT NULL, used INTEGER NOT NULL, archived INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE texts(version INTEGER PRIMARY KEY, body TEXT NOT NULL, input_items TEXT NOT NULL, history TEXT NOT NULL);
CREATE INDEX turns_by_use ON turns(archived, used);
CREATE INDEX turns_waiting ON turns(version) WHERE archived = 0;
CREATE TABLE removals(id TEXT PRIMARY KEY, since INTEGER NOT NULL, done INTEGER NOT NULL);
CREATE INDEX removals_waiting ON removals(since) WHERE done = 0;
PRAGMA application_id = 1349411688;
PRAGMA user_version = 1;
)";
static_assert(kApplication == 1349411688);

std::int64_t bytes_of(const HistoryTurn& turn) {
  const std::size_t bytes = turn.id.size() + turn.owner.size() + turn.body.size() +
                            turn.input_items.size() + turn.history.size();
  return static_cast<std::int64_t>(bytes) + kRowBytes;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (!error && made) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return {};
  return Error{ErrorCode::io,
               fmt::format("cannot make the folder {} for conversations: {}; storage.hot.path must "
                           "be a folder that the server may write to",
                           folder.string(), error.message())};
}

}  // namespace

TurnStore::TurnStore(const TurnStoreOptions& options, Clock clock,
                     std::unique_ptr<Database> database)
    : options_(options), clock_(std::move(clock)), database_(std::move(database)) {}

TurnStore::~TurnStore() {
  const std::lock_guard lock(mutex_);
  if (!uses_.empty()) (void)save_uses();
}

Result<std::unique_ptr<TurnStore>> TurnStore::open(const TurnStoreOptions& options, Clock clock) {
  if (auto made = make_folder(options.folder); !made) return made.error();
  auto database = Database::open(fs::absolute(options.folder) / "history.db");
  if (!database) return database.error();
  std::unique_ptr<TurnStore> store(new TurnStore(options, std::move(clock), *std::move(database)));
  const std::lock_guard lock(store->mutex_);
  if (auto prepared = store->prepare(); !prepared) return prepared.error();
  if (auto counted = store->count(); !counted) return counted.error();
  return store;
}

// Makes the tables in a new file, and knows those of an old one.
Result<void> TurnStore::prepare() {
  const auto application = database_->number("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = database_->number("PRAGMA user_version");
  if (!version) return version.error();
  const auto tables = database_->number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  const std::string file = (options_.folder / "history.db").string();
  if (*tables == 0) {
    auto transaction = begin();
    if (!transaction) return transaction.error();
    auto created = database_->run(kCreate);
    return finish(*std::move(transaction), std::move(created));
  }
  if (*application != kApplication) {
    return Error{ErrorCode::unsupported,
                 fmt::format("{} is another program's: choose another storage.hot.path", file)};
  }
  if (*version == kSchema) return {};
  return Error{ErrorCode::unsupported,
               fmt::format("{} was written by a later version of Pincer (schema {}, this one knows "
                           "{}): use that version, or another storage.hot.path",
                           file, *version, kSchema)};
}

Result<void> TurnStore::count() {
  for (const auto& [sql, total] :
       {std::pair("SELECT count(*) FROM turns", &turns_),
        std::pair("SELECT coalesce(sum(bytes), 0) FROM turns", &bytes_),
        std::pair("SELECT (SELECT count(*) FROM turns WHERE archived = 0) + "
                  "(SELECT count(*) FROM removals WHERE done = 0)",
                  &waiting_)}) {
    const auto number = database_->number(sql);
    if (!number) return number.error();
    *total = *number;
  }
  if (!options_.archived) waiting_ = 0;
  return {};
}

std::int64_t TurnStore::now_ms() const {
  return std::chrono::duration_cast<milliseconds>(clock_().time_since_epoch()).count();
}

// Uses first: they decide what makes room.
Result<Transaction> TurnStore::begin() {
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  if (auto noted = note_uses(); !noted) return noted.error();
  return transaction;
}

Result<void> TurnStore::finish(Transaction transaction, Result<void> done) {
  if (done) done = transaction.commit();
  const std::int64_t turns = std::exchange(turns_delta_, 0);
  const std::int64_t bytes = std::exchange(bytes_delta_, 0);
  const std::int64_t waiting = std::exchange(waiting_delta_, 0);
  if (!done) return done;
  uses_.clear();
  turns_ += turns;
  bytes_ += bytes;
  if (options_.archived) waiting_ += waiting;
  return {};
}

Result<void> TurnStore::save_uses() {
  auto transaction = begin();
  if (!transaction) return transaction.error();
  return finish(*std::move(transaction), {});
}

Result<void> TurnStore::note_uses() {
  for (const auto& [id, time] : uses_) {
    Statement update = database_->statement("UPDATE turns SET used = ? WHERE id = ?");
    const int code = update.bind(time).bind(id).step();
    if (code != SQLITE_DONE) return database_->error(code);
  }
  return {};
}

// Without what becomes of it elsewhere.
Result<void> TurnStore::drop(std::string_view id) {
  Statement erase =
      database_->statement("DELETE FROM turns WHERE id = ? RETURNING version, bytes, archived");
  int code = erase.bind(id).step();
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) return database_->error(code);
  const std::int64_t version = erase.number(0);
  --turns_delta_;
  bytes_delta_ -= erase.number(1);
  waiting_delta_ -= erase.number(2) == 0 ? 1 : 0;
  code = erase.step();
  if (code != SQLITE_DONE) return database_->error(code);
  Statement texts = database_->statement("DELETE FROM texts WHERE version = ?");
  code = texts.bind(version).step();
  return code == SQLITE_DONE ? Result<void>() : database_->error(code);
}

Result<void> TurnStore::write(const HistoryTurn& turn, bool archived) {
  if (auto dropped = drop(turn.id); !dropped) return dropped;
  const std::int64_t bytes = bytes_of(turn);
  Statement insert = database_->statement(
      "INSERT INTO turns(id, owner, created, used, archived, bytes) VALUES(?, ?, ?, ?, ?, ?)");
  insert.bind(turn.id).bind(turn.owner).bind(turn.created_ms).bind(now_ms());
  int code = insert.bind(archived ? 1 : 0).bind(bytes).step();
  if (code != SQLITE_DONE) return database_->error(code);
  const std::int64_t version = database_->last_row();
  Statement texts = database_->statement(
      "INSERT INTO texts(version, body, input_items, history) VALUES(?, ?, ?, ?)");
  code = texts.bind(version).bind(turn.body).bind(turn.input_items).bind(turn.history).step();
  if (code != SQLITE_DONE) return database_->error(code);
  ++turns_delta_;
  bytes_delta_ += bytes;
  waiting_delta_ += archived ? 0 : 1;
  return make_room(version);
}

Result<void> TurnStore::make_room(std::int64_t version) {
  while (bytes_ + bytes_delta_ > options_.max_bytes) {
    Statement oldest = database_->statement(
        "SELECT id FROM turns WHERE archived >= ? AND version <> ? ORDER BY used, version LIMIT 1");
    const int code = oldest.bind(options_.archived ? 1 : 0).bind(version).step();
    if (code == SQLITE_ROW) {
      if (auto dropped = drop(oldest.text(0)); !dropped) return dropped;
      continue;
    }
    if (code != SQLITE_DONE) return database_->error(code);
    return Error{ErrorCode::no_space,
                 fmt::format("storage.hot.max_bytes, {} bytes, is not enough for this turn{}",
                             options_.max_bytes,
                             waiting_ > 0 ? fmt::format(": {} others wait for cold storage, "
                                                        "which cannot be reached or is slow",
                                                        waiting_.load())
                                          : ": raise it")};
  }
  return {};
}

Result<void> TurnStore::put(const HistoryTurn& turn) {
  const std::lock_guard lock(mutex_);
  auto transaction = begin();
  if (!transaction) return transaction.error();
  return finish(*std::move(transaction), write(turn, false));
}

Result<void> TurnStore::restore(const HistoryTurn& turn) {
  const std::lock_guard lock(mutex_);
  const auto known = exists(
      "SELECT 1 FROM removals WHERE id = ?1 UNION SELECT 1 FROM turns WHERE id = ?1", turn.id);
  if (!known) return known.error();
  if (*known) return {};
  auto transaction = begin();
  if (!transaction) return transaction.error();
  return finish(*std::move(transaction), write(turn, true));
}

Result<std::optional<HistoryTurn>> TurnStore::select(std::string_view id) {
  Statement select = database_->statement(
      "SELECT owner, body, input_items, history, created FROM turns JOIN texts USING (version) "
      "WHERE id = ?");
  const int code = select.bind(id).step();
  if (code == SQLITE_DONE) return std::optional<HistoryTurn>();
  if (code != SQLITE_ROW) return database_->error(code);
  return std::optional<HistoryTurn>(HistoryTurn{.id = std::string(id),
                                                .owner = select.text(0),
                                                .body = select.text(1),
                                                .input_items = select.text(2),
                                                .history = select.text(3),
                                                .created_ms = select.number(4)});
}

Result<std::optional<HistoryTurn>> TurnStore::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (uses_.size() >= kMostUses) {
    if (auto saved = save_uses(); !saved) uses_.clear();  // a full disk can still be read
  }
  auto found = select(id);
  if (found && *found) uses_[std::string(id)] = now_ms();
  return found;
}

Result<std::optional<HistoryTurn>> TurnStore::peek(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return select(id);
}

Result<bool> TurnStore::exists(const char* sql, std::string_view id) {
  Statement select = database_->statement(sql);
  const int code = select.bind(id).step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return database_->error(code);
  return code == SQLITE_ROW;
}

Result<TurnStore::Place> TurnStore::locate(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto here = exists("SELECT 1 FROM turns WHERE id = ?", id);
  if (!here) return here.error();
  if (*here) return Place::here;
  const auto removed = exists("SELECT 1 FROM removals WHERE id = ?", id);
  if (!removed) return removed.error();
  return *removed ? Place::removed : Place::unknown;
}

Result<void> TurnStore::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto transaction = begin();
  if (!transaction) return transaction.error();
  Result<void> done = drop(id);
  if (done && options_.archived) {
    Statement insert =
        database_->statement("INSERT OR IGNORE INTO removals(id, since, done) VALUES(?, ?, 0)");
    const int code = insert.bind(id).bind(now_ms()).step();
    waiting_delta_ += database_->changes();
    if (code != SQLITE_DONE) done = database_->error(code);
  }
  return finish(*std::move(transaction), std::move(done));
}

Result<std::vector<TurnStore::Waiting>> TurnStore::unarchived(int most) {
  const std::lock_guard lock(mutex_);
  Statement select = database_->statement(
      "SELECT version, id FROM turns WHERE archived = 0 ORDER BY version LIMIT ?");
  select.bind(most);
  std::vector<Waiting> waiting;
  int code = select.step();
  for (; code == SQLITE_ROW; code = select.step())
    waiting.push_back({select.number(0), select.text(1)});
  if (code != SQLITE_DONE) return database_->error(code);
  return waiting;
}

Result<void> TurnStore::set_archived(const Waiting& turn) {
  const std::lock_guard lock(mutex_);
  auto transaction = begin();
  if (!transaction) return transaction.error();
  Statement update =
      database_->statement("UPDATE turns SET archived = 1 WHERE version = ? AND archived = 0");
  const int code = update.bind(turn.version).step();
  waiting_delta_ -= database_->changes();
  return finish(*std::move(transaction),
                code == SQLITE_DONE ? Result<void>() : database_->error(code));
}

Result<std::vector<std::string>> TurnStore::removals(int most) {
  const std::lock_guard lock(mutex_);
  Statement select =
      database_->statement("SELECT id FROM removals WHERE done = 0 ORDER BY since LIMIT ?");
  select.bind(most);
  std::vector<std::string> ids;
  int code = select.step();
  for (; code == SQLITE_ROW; code = select.step()) ids.push_back(select.text(0));
  if (code != SQLITE_DONE) return database_->error(code);
  return ids;
}

// It is remembered for a while: a search that had found the object before must not bring it back.
Result<void> TurnStore::set_removal_done(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto transaction = begin();
  if (!transaction) return transaction.error();
  Statement update =
      database_->statement("UPDATE removals SET done = 1, since = ? WHERE id = ? AND done = 0");
  int code = update.bind(now_ms()).bind(id).step();
  waiting_delta_ -= database_->changes();
  if (code == SQLITE_DONE) {
    Statement forget = database_->statement("DELETE FROM removals WHERE done = 1 AND since < ?");
    code = forget.bind(now_ms() - kRemovalMemory).step();
  }
  return finish(*std::move(transaction),
                code == SQLITE_DONE ? Result<void>() : database_->error(code));
}

}  // namespace pincer
