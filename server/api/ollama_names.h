// Names and times as Ollama writes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "pincer/server/models.h"

namespace pincer {

// The name that the server knows a model by: "name:latest" is "name" where there is no such model.
std::string name_from_ollama(const Models& models, std::string name);
// With a tag: "name" is "name:latest".
std::string name_for_ollama(std::string_view name);

std::string rfc3339(std::chrono::system_clock::time_point time);  // UTC, with nanoseconds

}  // namespace pincer
