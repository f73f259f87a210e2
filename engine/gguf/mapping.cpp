#include "engine/gguf/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "engine/mapping/loss_guard.h"

namespace pincer::gguf {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error system_error(std::string what, int error_number) {
  const bool missing = error_number == ENOENT || error_number == ENOTDIR;
  return {missing ? ErrorCode::not_found : ErrorCode::io,
          std::move(what) + ": " + std::generic_category().message(error_number)};
}

}  // namespace

Result<Mapping> map_file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer. Regular files ignore it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error("cannot be opened", errno);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot be examined", errno);
  if (S_ISDIR(status.st_mode)) {
    return Error{ErrorCode::invalid_argument, "is a folder; name the .gguf file in it"};
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::invalid_argument, "is not a regular file and cannot be mapped"};
  }
  if (status.st_size == 0) return Mapping{};

  const auto size = static_cast<std::size_t>(status.st_size);
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (start == MAP_FAILED) {
    return system_error("its " + std::to_string(size) + " bytes cannot be mapped", errno);
  }
  auto guard = std::make_shared<LossGuard>(start, size);
  std::shared_ptr<const void> owner(start, [size, guard](const void* address) mutable {
    guard.reset();
    ::munmap(const_cast<void*>(address), size);
  });
  return Mapping{std::move(owner), {static_cast<const std::byte*>(start), size}};
}

}  // namespace pincer::gguf
