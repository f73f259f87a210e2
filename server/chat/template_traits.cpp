#include "server/chat/template_traits.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "server/chat/date_variables.h"

namespace pincer {
namespace {

using Calls = AnswerFormat::Calls;

// Words of templates by which a way to call is known.
struct Style {
  std::string_view word;
  Calls calls;
};
constexpr std::array<Style, 5> kStyles{{
    {"<tool_call>", Calls::tagged},   // Hermes, Qwen 2.5 and 3, SmolLM 3
    {"\"parameters\"", Calls::bare},  // Llama 3
    {"[TOOL_CALLS]", Calls::bare},    // Mistral
    {"<|python_tag|>", Calls::bare},
    {"<|tool_call|>", Calls::bare},  // Granite, Phi 4 mini
}};

// Other forms between the same tags, such as Qwen 3 Coder's <function=...>.
constexpr std::string_view kXmlCalls = "<function=";

jinja::Value text(std::string_view s) { return jinja::Value::text(std::string(s), true); }

Result<std::vector<TextPiece>> render_hi(const ChatTemplate& chat, jinja::Object variables) {
  jinja::List messages{jinja::Object{{"role", text("user")}, {"content", text("Hi")}}};
  variables.emplace_back("messages", std::move(messages));
  variables.emplace_back("add_generation_prompt", true);
  return chat.render(std::move(variables));
}

bool shows_tools(const ChatTemplate& chat) {
  constexpr std::string_view kName = "qqtoolqq";
  jinja::Object parameters{{"type", text("object")}, {"properties", jinja::Object{}}};
  jinja::Object function{{"name", text(kName)},
                         {"description", text("nothing")},
                         {"parameters", std::move(parameters)}};
  jinja::List tools{jinja::Object{{"type", text("function")}, {"function", std::move(function)}}};
  jinja::Object variables = date_variables();
  variables.emplace_back("tools", std::move(tools));
  const auto pieces = render_hi(chat, std::move(variables));
  return pieces && std::ranges::any_of(*pieces, [&](const TextPiece& piece) {
           return piece.text.find(kName) != std::string::npos;
         });
}

bool wants_functions(const ChatTemplate& chat) {
  if (render_hi(chat, date_variables())) return false;
  jinja::Object variables = date_variables();
  variables.emplace_back("functions", text("[]"));
  return render_hi(chat, std::move(variables)).ok();
}

}  // namespace

TemplateTraits template_traits(const ChatTemplate& chat) {
  const std::string& source = chat.source();
  const auto has = [&source](std::string_view word) { return source.find(word) != source.npos; };
  TemplateTraits traits;
  if (has("</think>")) {
    traits.think_begin = "<think>";
    traits.think_end = "</think>";
  }
  traits.thinking_switch = has("enable_thinking");
  traits.reasoning_effort = has("reasoning_effort");
  traits.short_call_ids = has("length != 9");  // Mistral's
  traits.wants_functions = has("functions") && wants_functions(chat);
  if (has(kXmlCalls)) return traits;
  const auto style = std::ranges::find_if(kStyles, [&](const Style& s) { return has(s.word); });
  if (style != kStyles.end() && shows_tools(chat)) traits.calls = style->calls;
  return traits;
}

}  // namespace pincer
