// The strings that end an answer, as OpenAI's and Ollama's requests name them.
#pragma once

#include <string>
#include <vector>

#include "server/api/json_fields.h"

namespace pincer {

// What an empty one, which would stop everything, is: OpenAI's API refuses it, Ollama's leaves it
// out.
enum class EmptyStop { refused, left_out };

// Adds those of the field "stop", one string or a list of at most 16, of at most 1024 bytes each.
void parse_stops(JsonFields& fields, EmptyStop empty, std::vector<std::string>& stops);

}  // namespace pincer
