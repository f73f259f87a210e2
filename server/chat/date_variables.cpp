#include "server/chat/date_variables.h"

#include <fmt/chrono.h>

#include <ctime>

namespace pincer {

jinja::Object date_variables() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return {{"date_string", jinja::Value::text(fmt::format("{:%d %b %Y}", local), true)},
          {"datetime", jinja::Value::text(fmt::format("{:%b %d %Y}", local), true)}};
}

}  // namespace pincer
