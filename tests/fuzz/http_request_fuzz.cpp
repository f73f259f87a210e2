// libFuzzer target: whatever arrives on an HTTP connection becomes requests within the limits, or a
// problem with a status that says why, the same however it is cut.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "server/api/openai_error.h"
#include "server/http/access.h"
#include "server/http/admission.h"
#include "server/http/key_ring.h"
#include "server/http/request_head.h"
#include "server/http/response.h"

namespace {

using namespace pincer;
namespace http = boost::beast::http;

constexpr std::uint32_t kHeaderBytes = 2000;
constexpr std::uint64_t kBodyBytes = 1000;

void check(bool sound) {
  if (!sound) std::abort();
}

// What the connection would answer: its bytes must be one response, whatever the request said.
void answer(const Problem& problem) {
  check(problem.status >= 400 && problem.status < 600 && !problem.message.empty());
  const Response response = openai_error_response(problem);
  const std::string head = response_head(response, Framing::length, false, "id");
  check(head.find("\r\n\r\n") == head.size() - 4);
}

std::string admit(const Request& request) {
  static const Access access({"pincer.lan"}, {"https://app.example"});
  static const KeyRing keys({plain_api_key("secret")});
  check(request.path == "*" || request.path.starts_with('/'));
  check(request.path.find('\0') == std::string::npos);
  std::string digest = request.method_name + " " + request.path + " " + request.body;
  for (const bool loopback : {false, true}) {
    for (const auto& problem :
         {access.check_host(request), access.check_origin(request, loopback)}) {
      if (problem) answer(*problem);
      digest += problem ? 'n' : 'y';
    }
  }
  auto headers = access.cors_headers(request);
  for (auto& header : access.preflight_headers(request, "GET")) headers.push_back(header);
  for (const auto& [name, value] : headers) check(value.find_first_of("\r\n") == std::string::npos);
  const auto found = keys.find(shown_key(request));
  if (const auto* problem = std::get_if<Problem>(&found)) answer(*problem);
  check(offered_subprotocol(request).find_first_of("\r\n") == std::string_view::npos);
  is_json_content_type(request.header(http::field::content_type));
  return digest;
}

constexpr std::string_view kWaits = "waits";

// As Wire::parse and serve_request do.
std::string understand(std::string_view input, std::size_t step) {
  const Limits limits;
  std::string digest;
  boost::beast::flat_buffer buffer;
  for (int served = 0; served < 20; ++served) {
    RequestParser parser;
    parser.header_limit(kHeaderBytes);
    parser.body_limit(kBodyBytes);
    Request request;
    for (const bool eager : {false, true}) {
      parser.eager(eager);
      boost::system::error_code error;
      while (!error && !(eager ? parser.is_done() : parser.is_header_done())) {
        if (buffer.size() > 0) {
          const std::size_t used = parser.put(buffer.data(), error);
          buffer.consume(used);
          if (error && error != http::error::need_more) break;
          if (!error && used > 0) continue;
          error = {};
        }
        if (input.empty()) return digest + std::string(kWaits);
        const std::size_t more = step < input.size() ? step : input.size();
        const auto space = buffer.prepare(more);
        input.copy(static_cast<char*>(space.data()), more);
        buffer.commit(more);
        input.remove_prefix(more);
      }
      auto problem = error ? input_problem(error, limits) : std::nullopt;
      if (error && !problem) return digest + "closed";
      if (!problem && !eager) problem = read_head(request, parser);
      if (problem) {
        answer(*problem);
        return digest + std::to_string(problem->status);
      }
    }
    request.body = parser.get().body();
    check(request.body.size() <= kBodyBytes);
    digest += admit(request);
    if (!parser.keep_alive()) return digest;
  }
  return digest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Cut at every byte or so, and not at all: what is understood may not depend on it. (Only where a
  // limit is exceeded may it: the parser counts what it was given. And it looks at a head that came
  // in pieces when all of it is there, so that it may wait where it could refuse.)
  const std::string whole = understand(input, input.size());
  std::string pieces = understand(input, 1u + data[0] % 32);
  const bool limited = size > kBodyBytes;
  bool same = whole == pieces;
  if (!same && pieces.ends_with(kWaits)) {
    pieces.resize(pieces.size() - kWaits.size());
    same = whole.starts_with(pieces);
  }
  check(limited || same);
  return 0;
}
