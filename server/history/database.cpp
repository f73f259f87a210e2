#include "server/history/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace pincer {
namespace {

namespace fs = std::filesystem;

Error cannot_open(const fs::path& file, int code) {
  return {code == ENOSPC || code == EDQUOT ? ErrorCode::no_space : ErrorCode::io,
          fmt::format("cannot write the conversations in {}: {}; storage.hot.path must be a folder "
                      "that the server may write to",
                      file.string(), std::strerror(code))};
}

// For the owner only: conversations are in it. One that is there is left alone: closing it would
// end the locks that this process has on it.
Result<void> make_file(const fs::path& file) {
  const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (opened < 0 && errno == EEXIST) return {};
  if (opened < 0) return cannot_open(file, errno);
  ::fsync(opened);
  ::close(opened);
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return {};
  ::fsync(folder);  // that the file exists must survive as well
  ::close(folder);
  return {};
}

}  // namespace

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_, ++bound_, number);
  return *this;
}

std::string Statement::text(int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

Result<std::unique_ptr<Database>> Database::open(const fs::path& file) {
  if (auto made = make_file(file); !made) return made.error();
  sqlite3* connection = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(file.c_str(), &connection, kFlags, nullptr);
  std::unique_ptr<Database> database(new Database(connection, file));
  if (code != SQLITE_OK) return database->error(code);
  // The lock is taken by the first access and held to the end.
  for (const char* setting : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL",
                              "PRAGMA synchronous=FULL", "BEGIN EXCLUSIVE; COMMIT"}) {
    if (auto done = database->run(setting); !done) return done.error();
  }
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(connection_);
}

Statement Database::statement(const char* sql) {
  sqlite3_stmt*& kept = statements_[sql];
  if (kept == nullptr && sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &kept,
                                            nullptr) != SQLITE_OK)
    throw std::logic_error(fmt::format("{}: {}", sql, sqlite3_errmsg(connection_)));
  return Statement(kept);
}

Result<void> Database::run(const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Result<void>() : error(code);
}

Result<std::int64_t> Database::number(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v2(connection_, sql, -1, &prepared, nullptr);
  std::int64_t value = 0;
  if (code == SQLITE_OK) code = sqlite3_step(prepared);
  if (code == SQLITE_ROW) value = sqlite3_column_int64(prepared, 0);
  sqlite3_finalize(prepared);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return error(code);
  return value;
}

Error Database::error(int code) const {
  const std::string file = file_.string();
  const int system = connection_ == nullptr ? 0 : sqlite3_system_errno(connection_);
  const bool full = system == ENOSPC || system == EDQUOT || system == EFBIG;
  switch (full ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::no_space,
              fmt::format("there is no room on the disk for the conversations in {}: make some, or "
                          "lower storage.hot.max_bytes",
                          file)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::busy, fmt::format("another process uses the conversations in {}: give "
                                           "each server a storage.hot.path of its own",
                                           file)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return cannot_open(file_, system == 0 ? EACCES : system);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::corrupt,
              fmt::format("{} is damaged, or no store of conversations: move it away; what is in "
                          "cold storage can still be found by its id",
                          file)};
    default:
      return {ErrorCode::io, fmt::format("the conversations in {} cannot be used: {}{}{}", file,
                                         sqlite3_errstr(code), system == 0 ? "" : ": ",
                                         system == 0 ? "" : std::strerror(system))};
  }
}

Result<Transaction> Transaction::begin(Database& database) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun.error();
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto done = database_->run("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

}  // namespace pincer
