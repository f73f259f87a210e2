// How a model marks the parts of its answer: what the reader of its text takes it apart by.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pincer {

// By default all is text.
struct AnswerFormat {
  // What it thinks first stands between these; empty: it does not think aloud.
  std::string think_begin = {}, think_end = {};
  bool thinks_from_start = false;  // the prompt ends behind think_begin

  enum class Calls {
    none,    // tools were not offered
    tagged,  // <tool_call>{"name":…,"arguments":{…}}</tool_call>, as Hermes, Qwen and others write
    bare,    // the answer is nothing but {"name":…,"parameters":{…}}, or an array or a sequence of
             // these (joined by line breaks or semicolons), as Llama 3 and Mistral write
  };
  Calls calls = Calls::none;
  std::vector<std::string> tools = {};  // what may be called
  int most_calls = -1;                  // what comes after them is not shown; -1: any number

  // An answer that goes on: what the model has written of it, which the prompt ends with and the
  // client knows, and how many of its last bytes the model writes once more.
  std::string written = {};
  std::size_t repeated = 0;
};

}  // namespace pincer
