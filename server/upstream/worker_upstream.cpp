#include "server/upstream/worker_upstream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "server/upstream/dialect.h"
#include "server/upstream/remote_upstream.h"
#include "server/upstream/worker_process.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

// A folder with a socket in it, removed in the end.
class SocketFolder {
 public:
  Result<void> make(const std::string& upstream) {
    std::string pattern = (fs::temp_directory_path() / "pincer-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      return Error{ErrorCode::io,
                   fmt::format("upstream '{}': cannot make a folder in {}: {}", upstream,
                               fs::temp_directory_path().string(), std::strerror(errno))};
    }
    path_ = pattern;
    return {};
  }
  ~SocketFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string socket() const { return (path_ / "worker.sock").string(); }

 private:
  fs::path path_;
};

class WorkerUpstream final : public Upstream {
 public:
  WorkerUpstream(UpstreamConfig config, std::unique_ptr<SocketFolder> folder,
                 std::shared_ptr<Upstream> remote, std::vector<std::string> argv,
                 std::function<void(std::shared_ptr<void>)> end)
      : config_(std::move(config)),
        remote_(std::move(remote)),
        worker_(std::make_shared<Worker>(std::move(folder), config_.name, std::move(argv))),
        end_(std::move(end)) {}
  ~WorkerUpstream() override {
    if (end_) end_(std::move(worker_));
  }

  const UpstreamConfig& config() const override { return config_; }
  asio::awaitable<StartedStream> start(ChatRequest request,
                                       std::shared_ptr<StartWatch> watch) override {
    return remote_->start(std::move(request), std::move(watch));
  }

 private:
  struct Worker {
    Worker(std::unique_ptr<SocketFolder> with, const std::string& name,
           std::vector<std::string> argv)
        : folder(std::move(with)), process(name, std::move(argv)) {}
    std::unique_ptr<SocketFolder> folder;
    WorkerProcess process;
  };

  UpstreamConfig config_;
  std::shared_ptr<Upstream> remote_;
  std::shared_ptr<Worker> worker_;
  std::function<void(std::shared_ptr<void>)> end_;
};

}  // namespace

Result<std::shared_ptr<Upstream>> make_worker_upstream(UpstreamConfig config,
                                                       const WorkerCommand& command) {
  auto folder = std::make_unique<SocketFolder>();
  if (auto made = folder->make(config.name); !made) return made.error();
  std::vector<std::string> argv = command.argv;
  argv.insert(argv.end(), {"--listen", "unix:" + folder->socket()});
  std::set<std::string> models;  // several names in requests may mean the same one
  for (const auto& [asked, model] : config.models) models.insert(model);
  for (const std::string& model : models) argv.insert(argv.end(), {"--model", model});
  UpstreamConfig remote = config;
  remote.base_url = "unix:" + folder->socket();
  remote.prefill = UpstreamConfig::Prefill::continued;
  auto upstream = make_remote_upstream(std::move(remote), openai_dialect());
  if (!upstream) return upstream.error();
  return std::shared_ptr<Upstream>(std::make_shared<WorkerUpstream>(
      std::move(config), std::move(folder), *std::move(upstream), std::move(argv), command.end));
}

}  // namespace pincer
