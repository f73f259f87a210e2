// What is asked of a model, free of any API's dialect.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pincer/engine/jinja.h"
#include "pincer/engine/output_format.h"
#include "pincer/engine/sampler.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

struct ToolCall {
  std::string id = {};         // the client's or ours: "call_…"
  std::string name = {};       // of the tool
  std::string arguments = {};  // JSON text, an object unless the model erred
  bool operator==(const ToolCall&) const = default;
};

struct Message {
  std::string role = {};  // system, user, assistant, tool
  std::string content = {};
  std::string reasoning = {};             // of an assistant: what it thought before it answered
  std::vector<ToolCall> tool_calls = {};  // of an assistant
  std::string tool_call_id = {};          // of a tool: the call that `content` is the result of
};

struct Tool {
  std::string name = {};  // [a-zA-Z0-9_.-]{1,128}: the parsers of the dialects see to it
  std::string description = {};
  std::string parameters = {};  // JSON schema of an object, as JSON text; empty: none
  bool strict = false;          // calls must be valid against `parameters`, whoever decides to call
};

struct ToolChoice {
  enum class Kind {
    automatic,  // the model decides
    none,       // the tools are not shown to it
    required,   // at least one call, and nothing but calls
    named,      // a call of `name`
  };
  Kind kind = Kind::automatic;
  std::string name;
};

struct ChatRequest {
  std::string model;              // the name that the client used
  std::vector<Message> messages;  // at least one, unless there is a raw prompt
  // Instead of messages, untouched by the chat template: text (without special tokens) or tokens.
  using RawPrompt = std::variant<std::monostate, std::string, std::vector<TokenId>>;
  RawPrompt raw_prompt;

  std::vector<Tool> tools;
  ToolChoice tool_choice;
  bool parallel_tool_calls = true;     // false: one call at most
  std::optional<OutputFormat> format;  // of the answer's text; not beside required or named calls

  // The last message is an assistant's, and the answer goes on where it ends.
  bool continue_last = false;
  bool add_generation_prompt = true;  // false: nothing tells the model that it is its turn
  jinja::Object template_options;     // variables for the template, such as enable_thinking
  std::string reasoning_effort;       // none, minimal, low, medium, high, ...; empty: not said
  bool split_reasoning = true;        // false: thinking stays in the text, marked as the model does

  SamplingParams sampling;
  int max_tokens = -1;             // -1: to the end of the context
  std::vector<std::string> stops;  // strings that end the answer; the reader of the stream looks
                                   // for them (TextAssembler)
  bool want_logprobs = false;
  int top_logprobs = 0;  // 0..20
  // As in GenerationRequest: who asks, and how urgently.
  std::string client;
  int priority = 0;
  bool background = false;
  double max_wait_s = 0;
  std::chrono::steady_clock::time_point start_by = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point finish_by = std::chrono::steady_clock::time_point::max();
};

}  // namespace pincer
