// What every expression and rule of a grammar can do at all.
#pragma once

#include <vector>

#include "engine/grammar/grammar.h"

namespace pincer::grammar {

struct Properties {
  std::vector<bool> nullable;    // [exprs] matches the empty text
  std::vector<bool> productive;  // [exprs] matches anything
};

// All rules are defined. Time and memory are linear in the grammar's size.
Properties properties_of(const Grammar& grammar);

}  // namespace pincer::grammar
