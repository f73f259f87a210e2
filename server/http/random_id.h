// Names for requests and answers.
#pragma once

#include <string>
#include <string_view>

namespace pincer {

// `prefix` and 24 random hexadecimal digits. Unique in practice; not a secret.
std::string random_id(std::string_view prefix);

}  // namespace pincer
