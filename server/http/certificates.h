// The certificate that TLS listeners show, read again when its files change.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "pincer/engine/result.h"

namespace boost::asio::ssl {
class context;
}

namespace pincer {

// Thread-safe.
class Certificates {
 public:
  using Context = std::shared_ptr<boost::asio::ssl::context>;
  struct Files {
    std::string certificate;  // PEM: the server's own first, then those that signed it
    std::string key;          // PEM, without a passphrase
  };

  // Errors: io (a file cannot be read), invalid_argument (no PEM, a key of another certificate, a
  // passphrase); each names the file.
  static Result<std::shared_ptr<Certificates>> load(Files files);

  // For a new connection; older ones keep theirs. Looks at most once a second whether a file has
  // changed; what cannot be used then is logged, and the old certificate stays.
  Context context();
  Result<void> reload();  // now, whether they changed or not

 private:
  using Stamp = std::array<std::filesystem::file_time_type, 2>;

  explicit Certificates(Files files) : files_(std::move(files)) {}
  Stamp stamp() const;

  const Files files_;
  std::mutex mutex_;
  Context context_;
  Stamp seen_ = {};
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace pincer
