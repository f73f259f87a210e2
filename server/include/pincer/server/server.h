// The HTTP server: listeners, connections, APIs, metrics, and an orderly end.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/sampler.h"
#include "pincer/server/api_key.h"
#include "pincer/server/limits.h"
#include "pincer/server/models.h"

namespace pincer {

struct HistoryConfig;
struct RouterConfig;

struct ServerOptions {
  // "http://host:port" (port 0: any free one; IPv6 as "http://[::1]:8080"), "https://…", "tcp://…"
  // (framed), "unix:/path" or "tcp+unix:/path".
  std::vector<std::string> listen = {"http://127.0.0.1:8080"};
  unsigned socket_mode = 0;  // of Unix sockets' files; 0: as the umask says
  // PEM files for https://.
  std::string tls_certificate, tls_key;
  // Empty: no key is asked for. Else all but /health and /ready want `Authorization: Bearer KEY` or
  // `x-api-key: KEY`.
  std::vector<ApiKey> api_keys;
  // Host names, beside localhost, 127.0.0.1 and [::1], that a listener bound to loopback answers to
  // (a defence against DNS rebinding). "*" allows all.
  std::vector<std::string> allowed_hosts;
  // /admin/state, /admin/live and /admin/trace answer clients on other machines, too.
  bool trace_for_all = false;
  // Web pages that may read answers (CORS): "https://app.example"; "*" allows all. Others may not.
  std::vector<std::string> allowed_origins;
  Limits limits;
  std::string access_log;  // a file, "-" for the standard output; empty: none
  // Listening sockets that were opened before, beside `listen`; they speak HTTP.
  std::vector<int> passed_sockets;
  std::chrono::milliseconds drain_timeout{
      30'000};              // after drain(), what still runs then is cut off
  int io_threads = 1;       // 1 or 2
  SamplingParams sampling;  // where a request is silent
  // Upstreams and routes beside the models; null: none.
  std::shared_ptr<const RouterConfig> router;
  // Where the responses of /v1/responses are kept; null: in memory only.
  std::shared_ptr<const HistoryConfig> history;
  // Starts an upstream of the kind `worker`; its address and models are put behind it.
  std::vector<std::string> worker_command;
};

class Server {
 public:
  // Binds and listens; connections are accepted once run() is called. Errors: invalid_argument (an
  // address that cannot be read, a certificate that cannot be used), io (in use, not permitted, a
  // file that cannot be read or written): each names the address or file and the way out.
  static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                               std::shared_ptr<Models> models);
  ~Server();

  // The addresses as bound, ports resolved: "http://127.0.0.1:43121".
  std::vector<std::string> addresses() const;

  // Serves, on threads of its own, until drain() has run out or stop() was called. Once only.
  void run();

  // From any thread, not from a signal handler (see signals.h).
  // drain(): listeners close, /ready says 503, new requests get 503, requests in progress finish,
  // then run() returns.
  void drain();
  // From any thread: other keys, limits, allowed hosts and origins, and the certificate's and the
  // log's files once more. Connections stay, and what was used under a key that stays is kept;
  // requests in progress end under the old limits. Errors: those of start() about certificates;
  // nothing is changed then.
  Result<void> reconfigure(ServerOptions options);
  // Parts of that.
  void set_api_keys(std::vector<ApiKey> keys);
  Result<void> reload_certificate();
  void reopen_logs();  // from any thread
  // A number that grows as long as the I/O threads get on: each call asks them to count once more.
  std::uint64_t beat();

  // Cuts everything off; generations are cancelled; run() returns.
  void stop();

 private:
  Server();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
