#include "engine/pool/unfinished_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pincer {
namespace fs = std::filesystem;
namespace {

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

}  // namespace

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : target_(std::move(other.target_)),
      fd_(std::move(other.fd_)),
      name_(std::exchange(other.name_, {})) {}

UnfinishedFile::~UnfinishedFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

fs::path UnfinishedFile::unique_name() const {
  return {fmt::format("{}.{}.part", target_.string(), ::getpid())};
}

Result<UnfinishedFile> UnfinishedFile::beside(const fs::path& target, std::string_view advice) {
  UnfinishedFile file(target);
  const fs::path dir = folder_of(target);
  file.fd_ = FileDescriptor(::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0644));
  if (file.fd_) return file;
  const fs::path name = file.unique_name();
  file.fd_ = FileDescriptor(::open(name.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644));
  if (!file.fd_) {
    return Error{ErrorCode::io, fmt::format("cannot create {}: {}; {}", target.string(),
                                            std::strerror(errno), advice)};
  }
  file.name_ = name;
  return file;
}

Result<void> UnfinishedFile::publish() {
  if (name_.empty()) {
    const fs::path name = unique_name();
    const std::string self = fmt::format("/proc/self/fd/{}", fd_.get());
    ::unlink(name.c_str());
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return Error{ErrorCode::io,
                   fmt::format("cannot name {}: {}", name.string(), std::strerror(errno))};
    }
    name_ = name;
  }
  if (::rename(name_.c_str(), target_.c_str()) != 0) {
    return Error{ErrorCode::io, fmt::format("cannot rename {} to {}: {}", name_.string(),
                                            target_.string(), std::strerror(errno))};
  }
  name_.clear();
  const FileDescriptor dir(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir) ::fsync(dir.get());
  return {};
}

}  // namespace pincer
