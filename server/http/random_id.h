// Names for requests and answers, and seeds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pincer {

// `prefix` and 24 random hexadecimal digits. Unique in practice; not a secret.
std::string random_id(std::string_view prefix);

// For the random numbers of an answer.
std::uint64_t random_seed();

}  // namespace pincer
