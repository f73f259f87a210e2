// What an answer must look like, from the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "pincer/engine/output_format.h"
#include "pincer/engine/result.h"

namespace pincer {

struct FormatFlags {
  std::string json_schema;  // a file, or the schema itself
  std::string grammar, grammar_file;
  std::string regex;
};

// --json-schema (-j), --grammar, --grammar-file, --regex; one of them at most.
void add_format_options(CLI::App& command, FormatFlags& flags);

// Nothing where none is set. Errors: io, not_found (a file).
Result<std::optional<OutputFormat>> output_format(const FormatFlags& flags);

}  // namespace pincer
