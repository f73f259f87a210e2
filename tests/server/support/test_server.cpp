#include "tests/server/support/test_server.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace pincer::test {

TestServer::TestServer(ServerOptions options)
    : backend_(std::make_shared<FakeBackend>()), models_(std::make_shared<Models>()) {
  models_->add(backend_);
  if (options.listen == ServerOptions{}.listen) options.listen = {"http://127.0.0.1:0"};
  auto started = Server::start(std::move(options), models_);
  if (!started) throw std::runtime_error(started.error().message);
  server_ = std::move(started).value();
  address_ = server_->addresses().front();
  thread_ = std::thread([this] { server_->run(); });
}

TestServer::~TestServer() {
  server_->stop();
  join();
}

void TestServer::join() {
  if (thread_.joinable()) thread_.join();
}

Reply TestServer::get(std::string_view path, std::string_view more_headers) const {
  TestClient client = connect();
  client.get(path, more_headers);
  return client.read();
}

Reply TestServer::post(std::string_view path, std::string_view json,
                       std::string_view more_headers) const {
  TestClient client = connect();
  client.post(path, json, more_headers);
  return client.read();
}

std::string chat_body(std::string_view more) {
  return fmt::format(R"({{"model":"fake-model","messages":[{{"role":"user","content":"Hi"}}]{}}})",
                     more);
}

double metric(std::string_view metrics_text, std::string_view sample) {
  const std::string line = fmt::format("\n{} ", sample);
  const auto found = metrics_text.find(line);
  return found == std::string_view::npos
             ? -1
             : std::stod(std::string(metrics_text.substr(found + line.size(), 32)));
}

}  // namespace pincer::test
