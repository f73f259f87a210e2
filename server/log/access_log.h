// A file of lines, one a request, written by a thread of its own so that nobody waits for a disk.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pincer/engine/result.h"

namespace pincer {

// Thread-safe. Lines that cannot be written, because the disk is full or the reader of a pipe is
// stuck, are dropped and counted; lines are never torn.
class AccessLog {
 public:
  // "-" is the standard output. Appends. Error io: the file cannot be opened; names it.
  static Result<std::unique_ptr<AccessLog>> open(const std::filesystem::path& file);
  // Writes what waits, for a second at most.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(std::string line);  // without its newline; never waits
  // Opens the file by its name again, after it was renamed (log rotation). Later lines go there.
  void reopen();
  std::int64_t dropped() const { return dropped_; }
  std::int64_t written() const { return written_; }

 private:
  explicit AccessLog(std::filesystem::path file);
  bool open_file();  // false: errno says why
  void run();
  void append(const std::string& batch, std::int64_t lines);

  const std::filesystem::path file_;
  int fd_ = -1;
  bool torn_ = false;     // the last line was cut
  bool failing_ = false;  // and was reported
  std::atomic<std::int64_t> dropped_ = 0, written_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;  // lines with their newlines
  std::int64_t waiting_lines_ = 0;
  bool reopen_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace pincer
