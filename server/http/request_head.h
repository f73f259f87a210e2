// From the head of a request, as Beast has parsed it, to ours.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "server/http/problem.h"
#include "server/http/request.h"

namespace pincer {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// `parser` is done with the header. A problem (400, 501) leaves in doubt where the request ends or
// what it asks for.
std::optional<Problem> read_head(Request& request, const RequestParser& parser);

}  // namespace pincer
