// Grammars compiled for a vocabulary, for GenerationRequest::constraint.
#pragma once

#include <memory>
#include <string_view>

#include "pincer/engine/output_format.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// A compiled OutputFormat. Immutable for its users, and safe to share between threads and
// generations.
class Constraint;

// Whether a text that it allows begins with `text`.
bool may_begin(const std::shared_ptr<const Constraint>& constraint, std::string_view text);

// Compiles the formats of one model's requests and keeps the last ones. Thread-safe.
class ConstraintCompiler {
 public:
  explicit ConstraintCompiler(std::shared_ptr<const Tokenizer> tokenizer);
  ~ConstraintCompiler();

  // Takes from microseconds (known already) to about a second (the largest grammars): not for an
  // I/O thread. Errors: invalid_argument (not a schema, grammar or expression: says where and
  // what), unsupported (names the keyword or construct), limit (too large, too deep, too
  // ambiguous).
  Result<std::shared_ptr<const Constraint>> compile(const OutputFormat& format);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
