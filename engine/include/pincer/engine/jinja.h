// A small Jinja interpreter for chat templates: sandboxed by construction (no attribute reaches the
// host), bounded in steps, depth and output. Text that came from users stays marked through every
// operation, so that the tokenizer never reads special tokens in it. Language:
// https://jinja.palletsprojects.com/en/stable/templates/ ; environment as in transformers
// (trim_blocks, lstrip_blocks, loop controls; tojson, raise_exception, strftime_now).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::jinja {

struct Limits {
  std::int64_t steps =
      2'000'000;    // statements, expressions and loop rounds; string work counts by length
  int depth = 128;  // nesting of expressions, blocks, macro calls
  std::int64_t output_bytes = 16 << 20;  // also bounds any single string or list
};

// What a template sees: JSON values. Strings are trusted (part of the template's own protocol, such
// as role names) or not.
class Value;
using List = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  // keeps order, as Python's dict does

class Value {
 public:
  Value() = default;                   // none
  Value(bool b) : data_(b) {}          // NOLINT(google-explicit-constructor)
  Value(std::int64_t i) : data_(i) {}  // NOLINT(google-explicit-constructor)
  Value(double d) : data_(d) {}        // NOLINT(google-explicit-constructor)
  Value(List list)
      : data_(std::make_shared<List>(std::move(list))) {}  // NOLINT(google-explicit-constructor)
  Value(Object object)
      : data_(std::make_shared<Object>(std::move(object))) {
  }  // NOLINT(google-explicit-constructor)
  static Value text(std::string s, bool trusted);
  using Data = std::variant<std::monostate, bool, std::int64_t, double, TextPiece,
                            std::shared_ptr<List>, std::shared_ptr<Object>>;
  const Data& data() const { return data_; }

 private:
  Data data_;
};

// Immutable after parse; render is safe to call from several threads.
class Template {
 public:
  static Result<Template> parse(std::string_view source, const Limits& limits = {});
  // Errors: raise_exception's message (invalid_argument), a limit (limit), a type error
  // (invalid_argument).
  Result<std::vector<TextPiece>> render(const Object& context, const Limits& limits = {}) const;

 private:
  struct Program;
  std::shared_ptr<const Program> program_;
};

}  // namespace pincer::jinja
