#include "server/api/ollama_names.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace pincer {
namespace {

constexpr std::string_view kLatest = ":latest";

}  // namespace

std::string name_from_ollama(const Models& models, std::string name) {
  if (name.ends_with(kLatest) && !models.find(name)) name.resize(name.size() - kLatest.size());
  return name;
}

std::string name_for_ollama(std::string_view name) {
  return fmt::format("{}{}", name, name.find(':') == std::string_view::npos ? kLatest : "");
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), rest);
}

}  // namespace pincer
