#include "engine/jinja/budget.h"

#include <utility>

namespace pincer::jinja {

void fail(std::string message) { throw Failure{ErrorCode::invalid_argument, std::move(message)}; }

void fail_at(int line, std::string_view message) {
  throw Failure{ErrorCode::invalid_argument,
                "line " + std::to_string(line) + ": " + std::string(message), true};
}

void fail_limit(std::string message) { throw Failure{ErrorCode::limit, std::move(message)}; }

void Budget::out_of_steps() const {
  fail_limit("the template needs more than the " + std::to_string(limits_.steps) +
             " steps it may take");
}

void Budget::too_large() const {
  fail_limit("a text or list is larger than the " + std::to_string(limits_.output_bytes) +
             " bytes it may have");
}

void Budget::too_deep() const {
  fail_limit("nested deeper than the " + std::to_string(limits_.depth) + " levels allowed");
}

}  // namespace pincer::jinja
