#include "server/log/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

namespace pincer {
namespace {

constexpr std::size_t kMaxWaiting = 4 << 20;  // bytes; a disk may hang for so long
constexpr std::size_t kPiece = 4096;          // PIPE_BUF: a pipe that can be written takes it whole
constexpr auto kPatience = std::chrono::milliseconds(1000);  // with a reader that does not read

}  // namespace

AccessLog::AccessLog(std::filesystem::path file) : file_(std::move(file)) {}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::filesystem::path& file) {
  std::unique_ptr<AccessLog> log(new AccessLog(file));
  if (!log->open_file()) {
    return Error{ErrorCode::io,
                 fmt::format("cannot write the access log {}: {}; choose another --access-log",
                             file.string(), std::strerror(errno))};
  }
  log->thread_ = std::thread([self = log.get()] { self->run(); });
  return log;
}

AccessLog::~AccessLog() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  if (fd_ >= 0) ::close(fd_);
}

bool AccessLog::open_file() {
  const int fd = file_ == "-"
                     ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                     : ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC,
                              S_IRUSR | S_IWUSR | S_IRGRP);
  if (fd < 0) return false;
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  torn_ = false;
  return true;
}

void AccessLog::write(std::string line) {
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > kMaxWaiting) {
      ++dropped_;
      return;
    }
    waiting_ += line;
    ++waiting_lines_;
  }
  changed_.notify_one();
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  changed_.notify_one();
}

void AccessLog::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || reopen_ || !waiting_.empty(); });
    const bool stop = stop_, reopen = std::exchange(reopen_, false);
    const std::string batch = std::exchange(waiting_, {});
    const std::int64_t lines = std::exchange(waiting_lines_, 0);
    lock.unlock();
    if (!batch.empty()) append(batch, lines);
    if (reopen && !open_file()) {
      spdlog::error("access log {}: cannot be opened again, the old file is written on: {}",
                    file_.string(), std::strerror(errno));
    }
    if (stop) return;
    lock.lock();
  }
}

void AccessLog::append(const std::string& batch, std::int64_t lines) {
  const std::string text = torn_ ? "\n" + batch : batch;
  std::size_t done = 0;
  int failure = 0;
  while (done < text.size() && failure == 0) {
    pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&writable, 1, static_cast<int>(kPatience.count())) == 0) {
      failure = ETIMEDOUT;
      break;
    }
    const std::size_t piece = std::min(kPiece, text.size() - done);
    const auto size = ::write(fd_, text.data() + done, piece);
    if (size >= 0) {
      done += static_cast<std::size_t>(size);
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  const std::string_view rest = std::string_view(text).substr(done);
  const auto lost = std::ranges::count(rest, '\n');
  if (done > 0) torn_ = text[done - 1] != '\n';
  written_ += lines - std::min<std::int64_t>(lost, lines);
  if (failure == 0) {
    if (std::exchange(failing_, false)) spdlog::info("access log {}: goes on", file_.string());
    return;
  }
  dropped_ += lost;
  if (!std::exchange(failing_, true)) {
    spdlog::error("access log {}: {}; requests are served on, and lines are dropped",
                  file_.string(), std::strerror(failure));
  }
}

}  // namespace pincer
