// What a generation's text must look like, as its client wrote it down.
#pragma once

#include <string>

namespace pincer {

struct OutputFormat {
  enum class Kind {
    json_object,  // any JSON object; `text` is empty
    json_schema,  // a JSON value; `text` is the schema, as JSON
    gbnf,   // `text` is a grammar in llama.cpp's notation, whose rule "root" is the whole text
    regex,  // the whole text matches the regular expression `text`
  };
  Kind kind = Kind::json_object;
  std::string text;

  bool operator==(const OutputFormat&) const = default;
};

}  // namespace pincer
