// A file that is there under its name only once it is complete.
#pragma once

#include <filesystem>
#include <string_view>

#include "engine/pool/file_descriptor.h"
#include "pincer/engine/result.h"

namespace pincer {

// Nameless where the file system can (O_TMPFILE), so that a crash leaves nothing; else a name of
// its own beside the target, which goes with this.
class UnfinishedFile {
 public:
  // Errors name the target and end with `advice`.
  static Result<UnfinishedFile> beside(const std::filesystem::path& target,
                                       std::string_view advice);
  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  ~UnfinishedFile();

  int fd() const { return fd_.get(); }
  // Gives the finished file its name, replacing what is there at once.
  Result<void> publish();

 private:
  explicit UnfinishedFile(std::filesystem::path target) : target_(std::move(target)) {}
  std::filesystem::path unique_name() const;

  std::filesystem::path target_;
  FileDescriptor fd_;
  std::filesystem::path name_;  // empty: nameless
};

}  // namespace pincer
