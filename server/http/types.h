// The Asio and Beast types that the HTTP layer is written in.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/verb.hpp>

namespace pincer {

namespace asio = boost::asio;
namespace beast = boost::beast;

using NetError = boost::system::error_code;
// One type for TCP and Unix sockets.
using Protocol = asio::generic::stream_protocol;
using Socket = asio::basic_stream_socket<Protocol>;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

}  // namespace pincer
