// tojson, as transformers defines it: Python's json.dumps without HTML escapes.
#pragma once

#include <optional>
#include <string>

#include "engine/jinja/budget.h"
#include "engine/jinja/text.h"
#include "engine/jinja/val.h"

namespace pincer::jinja {

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;  // of one level; none: all on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

// Quotes and punctuation are trusted; what is inside of strings keeps its marks.
Text to_json(Budget& budget, const Val& value, const JsonStyle& style);

}  // namespace pincer::jinja
