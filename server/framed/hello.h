// The first frame of a framed connection: which versions the client speaks, and its key.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "server/http/problem.h"

namespace pincer {

struct Hello {
  std::string key;  // empty: none was given
};

// {"versions":[1],"key":"…"}. Problems: 400, and 505 if no version is one of ours.
std::variant<Hello, Problem> parse_hello(std::string_view payload);

}  // namespace pincer
