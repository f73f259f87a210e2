#include "server/http/request_head.h"

#include <string_view>
#include <utility>

#include "server/http/admission.h"
#include "server/http/trace_context.h"

namespace pincer {
namespace {

std::string_view as_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<Problem> read_head(Request& request, const RequestParser& parser) {
  const auto& head = parser.get();
  request.method = head.method();
  request.method_name = as_std(head.method_string());
  request.headers = static_cast<const boost::beast::http::fields&>(head);
  const auto id = request.headers.find("x-request-id");
  if (id != request.headers.end() && is_request_id(as_std(id->value()))) request.id = id->value();
  request.http_1_0 = head.version() < 11;
  auto target = parse_target(as_std(head.target()));
  if (!target)
    return Problem{.message =
                       "The request target is malformed: it must be a path that begins with '/'."};
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.authority = std::move(target->authority);
  return framing_problem(request);
}

}  // namespace pincer
