#include "server/cli/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "engine/pool/file_descriptor.h"

extern char** environ;

namespace pincer {
namespace {

constexpr std::size_t kKeptOutput = 64 << 10;
constexpr int kPollMilliseconds = 200;

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const std::string& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view entry(*e);
    const std::string_view name = entry.substr(0, entry.find('=') + 1);
    bool replaced = false;
    for (const std::string& a : added) replaced = replaced || a.starts_with(name);
    if (!replaced) all.emplace_back(entry);
  }
  return all;
}

void append(std::string& output, const char* data, std::size_t size) {
  output.append(data, size);
  if (output.size() > kKeptOutput) output.erase(0, output.size() - kKeptOutput);
}

// Reads until the program has closed its output.
void collect(int fd, pid_t pid, const std::function<bool()>& poll, std::string& output) {
  char buffer[4096];
  while (true) {
    pollfd p{fd, POLLIN, 0};
    const int ready = ::poll(&p, 1, kPollMilliseconds);
    if (poll && !poll()) ::kill(pid, SIGTERM);
    if (ready <= 0) continue;
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    append(output, buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& argv,
                                  const std::vector<std::string>& environment,
                                  const std::function<bool()>& poll) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Error{ErrorCode::io, fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  const FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), 2);
  const std::vector<std::string> env = merged_environment(environment);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, argv[0].c_str(), &actions, nullptr, pointers(argv).data(),
                                    pointers(env).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return Error{failed == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                 fmt::format("cannot start {}: {}", argv[0], std::strerror(failed))};
  }
  writer = FileDescriptor();
  ProcessResult result;
  collect(reader.get(), pid, poll, result.output);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace pincer
