// Ids of rules, expressions and states as places in their arrays.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pincer::grammar {

constexpr std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

}  // namespace pincer::grammar
