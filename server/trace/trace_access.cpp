#include "server/trace/trace_access.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstring>

namespace pincer {
namespace {

bool is_loopback(const Protocol::endpoint& peer) {
  asio::ip::tcp::endpoint endpoint;
  if (peer.size() > endpoint.capacity()) return false;
  std::memcpy(endpoint.data(), peer.data(), peer.size());
  endpoint.resize(peer.size());
  const asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

bool is_forwarded(const Request& request) {
  for (const char* header : {"forwarded", "x-forwarded-for", "x-real-ip", "via"}) {
    if (request.headers.find(header) != request.headers.end()) return true;
  }
  return false;
}

}  // namespace

bool is_local_client(const Exchange& exchange) {
  if (is_forwarded(exchange.request())) return false;
  NetError error;
  const Protocol::endpoint peer = exchange.wire()->peer(error);
  if (error) return false;
  const int family = peer.protocol().family();
  return family == AF_UNIX || ((family == AF_INET || family == AF_INET6) && is_loopback(peer));
}

std::optional<Problem> trace_problem(const Exchange& exchange, bool everybody) {
  if (everybody || is_local_client(exchange)) return std::nullopt;
  return Problem{.status = 403,
                 .message =
                     "Traces are shown to clients on the server's own machine only: open the "
                     "dashboard there (or through an SSH tunnel), or start the server with "
                     "'--trace-access all'.",
                 .type = "permission_error",
                 .code = "forbidden"};
}

}  // namespace pincer
