#include "pincer/server/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <thread>
#include <utility>

#include "server/api/api.h"
#include "server/api/problem_response.h"
#include "server/dashboard/assets.h"
#include "server/framed/connection.h"
#include "server/history/conversation_history.h"
#include "server/http/listener.h"
#include "server/http/site.h"
#include "server/route/hybrid_router.h"
#include "server/service/thread_priority.h"
#include "server/trace/trace_api.h"
#include "server/upstream/make_upstream.h"

namespace pincer {

struct Server::Impl {
  Impl(ServerOptions given, std::shared_ptr<Models> models)
      : options(std::move(given)),
        io(std::max(options.io_threads, 1)),
        site(std::make_shared<Site>(options.limits,
                                    Access(options.allowed_hosts, options.allowed_origins),
                                    options.api_keys)),
        api{*site,  router, std::move(models), options.sampling, make_memory_response_store(),
            workers},
        trace(api, options.trace_for_all),
        control(asio::make_strand(io)),
        drain_timer(control) {
    site->problem_response = problem_response;
    site->on_request_end = [this] { request_ended(); };
    site->serve_framed = [this](std::shared_ptr<Wire> wire) {
      return serve_framed(api, std::move(wire));
    };
    site->drain = [this] { asio::post(control, [this] { begin_drain(); }); };
    add_openai_routes(site->router, api);
    add_text_routes(site->router, api);
    add_anthropic_routes(site->router, api);
    add_ollama_routes(site->router, api);
    add_health_routes(site->router, api);
    add_trace_routes(site->router, trace);
    add_dashboard_routes(site->router);
    add_admin_routes(site->router, api);
  }

  // Any thread.
  void request_ended() {
    if (site->draining && site->metrics.active_requests == 0)
      asio::post(control, [this] { cut_if_idle(); });
  }

  // The rest runs on `control`.
  void begin_drain() {
    if (site->draining.exchange(true)) return;
    close_listeners();
    drain_timer.expires_after(options.drain_timeout);
    drain_timer.async_wait([this](const NetError& error) {
      if (!error) cut();
    });
    cut_if_idle();
  }

  // Connections stay open while there are requests in progress, so that new requests on them are
  // told why they fail.
  void cut_if_idle() {
    if (site->metrics.active_requests == 0) cut();
  }

  // Everything that waits then fails, every coroutine ends, and run() has nothing left to do.
  void cut() {
    site->draining = true;
    close_listeners();
    drain_timer.cancel();
    api.responses->stop();
    site->connections.close_all();
    site->refused.close_all();
  }

  Result<void> open_listener(const std::string& text) {
    const auto address = parse_listen_address(text);
    if (!address) return address.error();
    if (address->speech == Speech::https && !site->certificates) {
      if (options.tls_certificate.empty() || options.tls_key.empty()) {
        return Error{
            ErrorCode::invalid_argument,
            fmt::format("{} needs a certificate: give --tls-cert FILE and --tls-key FILE", text)};
      }
      auto loaded = Certificates::load({options.tls_certificate, options.tls_key});
      if (!loaded) return loaded.error();
      site->certificates = std::move(loaded).value();
    }
    auto listener = Listener::open(io, *address, options.socket_mode);
    if (!listener) return listener.error();
    addresses.push_back((*listener)->bound());
    listeners.push_back(std::move(listener).value());
    return {};
  }

  // Null: what it was told to be without routes.
  Result<std::shared_ptr<HybridRouter>> make_router(const RouterConfig* config) {
    if (config == nullptr) return std::shared_ptr<HybridRouter>();
    const std::shared_ptr<HybridRouter> before = router.get();
    return HybridRouter::make(
        *config, api.models, workers,
        [this](const UpstreamConfig& upstream) {
          return make_upstream(upstream, api.models, workers,
                               {options.worker_command, [this](std::shared_ptr<void> worker) {
                                  asio::post(endings, [worker = std::move(worker)] {});
                                }});
        },
        before.get());
  }

  void set_router(std::shared_ptr<HybridRouter> next) {
    std::vector<std::string> names;
    if (next) {
      for (const RouteConfig& route : next->config().routes) names.push_back(route.model);
    }
    if (next) next->take_over();
    router.set(std::move(next));
    api.models->set_routes(std::move(names));
  }

  Result<void> open_history() {
    if (!options.history) return {};
    auto opened = open_conversation_history(*options.history);
    if (!opened) return opened.error();
    api.responses = *std::move(opened);
    return {};
  }

  Result<void> open_log() {
    if (options.access_log.empty()) return {};
    auto opened = AccessLog::open(options.access_log);
    if (!opened) return opened.error();
    site->access_log = std::move(opened).value();
    return {};
  }

  Result<void> adopt(int socket) {
    auto listener = Listener::adopt(io, socket);
    if (!listener) return listener.error();
    addresses.push_back((*listener)->bound());
    listeners.push_back(std::move(listener).value());
    return {};
  }

  // The work of an I/O thread.
  void serve() {
    raise_thread_priority();
    io.run();
  }

  void close_listeners() {
    for (auto& listener : listeners)
      asio::post(listener->executor(), std::bind_front(&Listener::close, listener));
    listeners.clear();
  }

  ServerOptions options;
  asio::thread_pool endings{1};  // where workers that a reload left out are waited for
  asio::thread_pool workers{1};
  asio::io_context io;
  std::shared_ptr<Site> site;
  CurrentRouter router;
  Api api;
  TraceApi trace;
  asio::strand<asio::io_context::executor_type> control;
  asio::steady_timer drain_timer;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::string> addresses;
  std::atomic<std::uint64_t> beats = 0;
};

Server::Server() = default;
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options,
                                              std::shared_ptr<Models> models) {
  if (options.listen.empty() && options.passed_sockets.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "there is no address to listen on; give --listen http://127.0.0.1:8080"};
  }
  std::unique_ptr<Server> server(new Server());
  server->impl_ = std::make_unique<Impl>(std::move(options), std::move(models));
  Impl& impl = *server->impl_;
  for (const std::string& text : impl.options.listen) {
    if (auto opened = impl.open_listener(text); !opened) return opened.error();
  }
  for (const int socket : impl.options.passed_sockets) {
    if (auto adopted = impl.adopt(socket); !adopted) return adopted.error();
  }
  if (auto opened = impl.open_log(); !opened) return opened.error();
  if (auto opened = impl.open_history(); !opened) return opened.error();
  auto router = impl.make_router(impl.options.router.get());
  if (!router) return router.error();
  impl.set_router(*std::move(router));
  return server;
}

std::vector<std::string> Server::addresses() const { return impl_->addresses; }

void Server::run() {
  // The logger is made before the threads that write to it: its library, as Debian builds it, hides
  // from ThreadSanitizer how the first of them to ask hands it to the others.
  spdlog::default_logger();
  for (const auto& listener : impl_->listeners) {
    asio::co_spawn(listener->executor(), Listener::run(listener, impl_->io, impl_->site),
                   asio::detached);
  }
  std::vector<std::thread> threads;
  for (int i = 1; i < impl_->options.io_threads; ++i)
    threads.emplace_back([this] { impl_->serve(); });
  // Not this thread: the caller's may start others, which would take its priority.
  threads.emplace_back([this] { impl_->serve(); });
  for (std::thread& thread : threads) thread.join();
}

Result<void> Server::reconfigure(ServerOptions options) {
  Site& site = *impl_->site;
  auto router = impl_->make_router(options.router.get());
  if (!router) return router.error();
  if (auto reloaded = reload_certificate(); !reloaded) return reloaded;
  impl_->set_router(*std::move(router));
  set_api_keys(std::move(options.api_keys));
  site.current_limits.set(options.limits);
  site.current_access.set(
      Access(std::move(options.allowed_hosts), std::move(options.allowed_origins)));
  reopen_logs();
  return {};
}

void Server::set_api_keys(std::vector<ApiKey> keys) { impl_->site->keys.replace(std::move(keys)); }

Result<void> Server::reload_certificate() {
  return impl_->site->certificates ? impl_->site->certificates->reload() : Result<void>();
}

void Server::reopen_logs() {
  if (impl_->site->access_log) impl_->site->access_log->reopen();
  if (const std::shared_ptr<HybridRouter> router = impl_->router.get()) router->reopen_logs();
}

std::uint64_t Server::beat() {
  asio::post(impl_->io, [impl = impl_.get()] { ++impl->beats; });
  return impl_->beats;
}

void Server::drain() { impl_->site->drain(); }

void Server::stop() {
  asio::post(impl_->control, [impl = impl_.get()] { impl->cut(); });
}

}  // namespace pincer
