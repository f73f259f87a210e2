// What can be said against a request from its head alone, before its body is read.
#pragma once

#include <memory>
#include <optional>

#include "server/http/problem.h"
#include "server/http/site.h"

namespace pincer {

// What leaves in doubt where the request ends, or for whom it is: the connection must not be used
// after it.
std::optional<Problem> framing_problem(const Request& request);

// `loopback`: the listener is bound to it. Methods and content types are those of `match`. Sets
// `account` to that of the key that was shown.
std::optional<Problem> admission_problem(const Site& site, const Request& request,
                                         const Router::Match& match, bool loopback,
                                         std::shared_ptr<const Account>& account);

Problem draining_problem();  // 503

// The answer to input that cannot be parsed or did not come in time; nothing if the client just
// closed.
std::optional<Problem> input_problem(const NetError& error, const Limits& limits);

}  // namespace pincer
