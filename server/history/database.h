// SQLite, with errors that say what to do.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

// A prepared statement in use; whoever made it may use it again when this one is gone.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // The next parameter. Texts must stay where they are until this one is gone.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  int step() { return sqlite3_step(statement_); }  // SQLITE_ROW, SQLITE_DONE, or an error

  std::int64_t number(int column) { return sqlite3_column_int64(statement_, column); }
  std::string text(int column);

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

// One connection, for one thread at a time, that no other process can share: what is committed is
// on the disk (WAL, synchronous=FULL).
class Database {
 public:
  // Makes the file, mode 600, if there is none. Errors: io, no_space, busy (another process has it
  // open), corrupt.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` is a constant: statements are kept by its address. Throws std::logic_error where it does
  // not parse.
  Statement statement(const char* sql);
  // Without parameters and result; several statements may follow each other.
  Result<void> run(const char* sql);
  // The first number that a query gives.
  Result<std::int64_t> number(const char* sql);
  int changes() const { return sqlite3_changes(connection_); }  // rows, by the last statement

  std::int64_t last_row() const { return sqlite3_last_insert_rowid(connection_); }

  // What the last call's `code` means.
  Error error(int code) const;

 private:
  Database(sqlite3* connection, std::filesystem::path file)
      : connection_(connection), file_(std::move(file)) {}
  sqlite3* connection_;
  std::filesystem::path file_;
  std::map<const char*, sqlite3_stmt*> statements_;
};

// Rolled back unless it is committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // null: it is over
};

}  // namespace pincer
