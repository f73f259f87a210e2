// The HTTP server: listeners, connections, APIs, metrics, and an orderly end.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/sampler.h"
#include "pincer/server/limits.h"
#include "pincer/server/models.h"

namespace pincer {

struct ServerOptions {
  // "http://host:port" (port 0: any free one; IPv6 as "http://[::1]:8080") or "unix:/path".
  std::vector<std::string> listen = {"http://127.0.0.1:8080"};
  // Empty: no key is asked for. Else all but /health and /ready want `Authorization: Bearer KEY` or
  // `x-api-key: KEY`.
  std::vector<std::string> api_keys;
  // Host names, beside localhost, 127.0.0.1 and [::1], that a listener bound to loopback answers to
  // (a defence against DNS rebinding). "*" allows all.
  std::vector<std::string> allowed_hosts;
  // /admin/state, /admin/live and /admin/trace answer clients on other machines, too.
  bool trace_for_all = false;
  Limits limits;
  std::chrono::milliseconds drain_timeout{
      30'000};              // after drain(), what still runs then is cut off
  int io_threads = 1;       // 1 or 2
  SamplingParams sampling;  // where a request is silent
};

class Server {
 public:
  // Binds and listens; connections are accepted once run() is called. Errors: invalid_argument (an
  // address that cannot be read), unsupported (a scheme), io (in use, not permitted): each names
  // the address and the way out.
  static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                               std::shared_ptr<Models> models);
  ~Server();

  // The addresses as bound, ports resolved: "http://127.0.0.1:43121".
  std::vector<std::string> addresses() const;

  // Serves on the calling thread (and io_threads - 1 more) until drain() has run out or stop() was
  // called. Once only.
  void run();

  // From any thread, not from a signal handler (see signals.h).
  // drain(): listeners close, /ready says 503, new requests get 503, requests in progress finish,
  // then run() returns.
  void drain();
  // Cuts everything off; generations are cancelled; run() returns.
  void stop();

 private:
  Server();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
