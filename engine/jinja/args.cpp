#include "engine/jinja/args.h"

#include <algorithm>

#include "engine/jinja/budget.h"
#include "engine/jinja/ops.h"

namespace pincer::jinja {

Arguments::Arguments(std::string_view callee, const CallArgs& args,
                     std::initializer_list<std::string_view> names, std::size_t required)
    : callee_(callee), names_(names), bound_(names.size(), nullptr) {
  const std::string who = "'" + std::string(callee) + "'";
  if (args.positional.size() > names_.size()) {
    fail(who + " takes at most " + std::to_string(names_.size()) + " arguments");
  }
  for (std::size_t i = 0; i < args.positional.size(); ++i) bound_[i] = &args.positional[i];
  const auto fail_on = [&](std::string_view what, const std::string& name) {
    fail(who + std::string(what) + name + "'");
  };
  for (const auto& [name, value] : args.named) {
    const auto it = std::find(names_.begin(), names_.end(), name);
    if (it == names_.end()) fail_on(" takes no argument '", name);
    const Val*& slot = bound_[static_cast<std::size_t>(it - names_.begin())];
    if (slot != nullptr) fail_on(" is given twice its argument '", name);
    slot = &value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (bound_[i] == nullptr) fail(who + " lacks its argument '" + std::string(names_[i]) + "'");
  }
}

void Arguments::fail_type(std::size_t i, std::string_view wanted) const {
  if (at(i).is<Undefined>()) fail_undefined(at(i));
  fail("'" + std::string(callee_) + "' takes " + std::string(wanted) + " as '" +
       std::string(names_[i]) + "', not '" + std::string(type_name(at(i))) + "'");
}

bool Arguments::flag(std::size_t i, bool fallback) const {
  return find(i) == nullptr ? fallback : truthy(at(i));
}

std::int64_t Arguments::integer(std::size_t i, std::int64_t fallback) const {
  if (find(i) == nullptr) return fallback;
  const std::optional<std::int64_t> value = as_integer(at(i));
  if (!value) fail_type(i, "an integer");
  return *value;
}

const Text& Arguments::text(std::size_t i) const {
  if (at(i).text() == nullptr) fail_type(i, "a string");
  return *at(i).text();
}

const Text* Arguments::find_text(std::size_t i) const {
  if (find(i) == nullptr || at(i).is<None>()) return nullptr;
  return &text(i);
}

}  // namespace pincer::jinja
