// The arguments of a call to a built-in function, bound to its parameters as Python binds them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/jinja/objects.h"

namespace pincer::jinja {

class Arguments {
 public:
  // Fails on too many arguments, unknown names, and when one of the first `required` is missing.
  // `callee` is for messages. `args` outlives this.
  Arguments(std::string_view callee, const CallArgs& args,
            std::initializer_list<std::string_view> names, std::size_t required = 0);

  // Null when not given.
  const Val* find(std::size_t i) const { return bound_[i]; }
  const Val& at(std::size_t i) const { return *bound_[i]; }  // a required one

  // The typed ones fall back when the argument is not given and fail when it has another type.
  bool flag(std::size_t i, bool fallback = false) const;
  std::int64_t integer(std::size_t i, std::int64_t fallback) const;
  const Text& text(std::size_t i) const;       // required
  const Text* find_text(std::size_t i) const;  // null also for none

 private:
  [[noreturn]] void fail_type(std::size_t i, std::string_view wanted) const;

  std::string_view callee_;
  std::vector<std::string_view> names_;
  std::vector<const Val*> bound_;
};

}  // namespace pincer::jinja
