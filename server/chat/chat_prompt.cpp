#include "server/chat/chat_prompt.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "server/backend/prompt.h"
#include "server/chat/forced_calls.h"
#include "server/chat/resume.h"
#include "server/chat/template_input.h"

namespace pincer {
namespace {

using Calls = AnswerFormat::Calls;
using Pieces = std::vector<TextPiece>;

struct Rendered {
  Pieces pieces;
  bool thinks = true;  // the template was told so
};

Result<Rendered> render(const ChatRequest& request, const ChatTemplate& chat,
                        const TemplateTraits& traits) {
  auto input = template_input(request, traits, ArgumentsAs::objects);
  if (!input) return input.error();
  const bool has_calls = input->has_calls, thinks = input->thinks;
  auto pieces = chat.render(std::move(input->variables));
  if (pieces) return Rendered{*std::move(pieces), thinks};
  if (has_calls) {
    // Some templates (DeepSeek's) put the arguments together as text.
    input = template_input(request, traits, ArgumentsAs::strings);
    if (!input) return input.error();
    if (auto again = chat.render(std::move(input->variables)))
      return Rendered{*std::move(again), thinks};
  }
  return Error{ErrorCode::invalid_argument,
               "The model's chat template refused the messages: " + pieces.error().message};
}

void close_thinking(const TemplateTraits& traits, Pieces& pieces) {
  pieces.push_back({"\n" + traits.think_end + "\n\n", true});
}

bool thinking_is_open(const Pieces& pieces, const TemplateTraits& traits) {
  if (traits.think_begin.empty() || pieces.empty() || !pieces.back().trusted) return false;
  std::string_view text = pieces.back().text;
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  return text.ends_with(traits.think_begin);
}

// Goes on where the last message ends, which the model has written so. `thinking` says whether the
// thinking is open there.
void continue_last(const Message& last, const std::string& written, const TemplateTraits& traits,
                   bool& thinking, Pieces& pieces) {
  if (!traits.think_begin.empty() && !last.reasoning.empty()) {
    if (!thinking) pieces.push_back({traits.think_begin + "\n", true});
    pieces.push_back({last.reasoning, false});
    thinking = true;
  }
  if (written.empty()) return;
  if (thinking) close_thinking(traits, pieces);
  thinking = false;
  pieces.push_back({written, false});
}

Result<void> check(const ChatRequest& request, const TemplateTraits& traits) {
  const std::string& effort = request.reasoning_effort;
  if (effort.empty() || effort == "none" || traits.reasoning_effort || traits.thinking_switch ||
      !traits.think_begin.empty())
    return {};
  return Error{ErrorCode::unsupported,
               fmt::format("Unsupported parameter 'reasoning_effort': this model does not think, "
                           "so it takes 'none' only, and not '{}'.",
                           effort)};
}

Result<void> prescribe(const ChatRequest& request, const TemplateTraits& traits, Prompt& prompt) {
  AnswerFormat& format = prompt.format;
  const ToolChoice::Kind choice = request.tool_choice.kind;
  if (shows_tools(request)) {
    format.calls = traits.calls == Calls::none ? Calls::tagged : traits.calls;
    format.most_calls = request.parallel_tool_calls ? -1 : 1;
    for (const Tool& tool : request.tools) format.tools.push_back(tool.name);
  }
  prompt.output = request.format;
  const bool forced = choice == ToolChoice::Kind::required || choice == ToolChoice::Kind::named;
  if (!forced && !(request.format && shows_tools(request))) return {};
  auto output = forced ? forced_calls(request) : calls_or_format(request);
  if (!output) return output.error();
  prompt.output = *std::move(output);
  format.calls = Calls::bare;
  return {};
}

Result<void> chat_prompt(const ChatRequest& request, const ChatTemplate& chat,
                         const TemplateTraits& traits, Prompt& prompt) {
  if (auto possible = check(request, traits); !possible) return possible;
  auto rendered = render(request, chat, traits);
  if (!rendered) return rendered.error();
  prompt.text = std::move(rendered->pieces);
  if (auto prescribed = prescribe(request, traits, prompt); !prescribed) return prescribed;
  bool thinking = thinking_is_open(prompt.text, traits);
  if (request.continue_last) {
    const Message& last = request.messages.back();
    prompt.format.written = written_text(last, prompt.format.calls, writes_array(request));
    continue_last(last, prompt.format.written, traits, thinking, prompt.text);
    if (prompt.output) prompt.output_text = prompt.format.written;
  }
  // Templates without a switch (DeepSeek R1's) let it think whatever they are told; text of a
  // prescribed form leaves no room for it.
  if (thinking && (!rendered->thinks || prompt.output)) {
    close_thinking(traits, prompt.text);
    thinking = false;
  }
  if (request.split_reasoning && !prompt.output) {
    prompt.format.think_begin = traits.think_begin;
    prompt.format.think_end = traits.think_end;
    prompt.format.thinks_from_start = thinking;
  }
  return {};
}

Result<void> check_tokens(const std::vector<TokenId>& tokens, const Tokenizer& tokenizer) {
  for (const TokenId token : tokens) {
    if (token >= 0 && token < tokenizer.vocab_size()) continue;
    return Error{ErrorCode::invalid_argument,
                 fmt::format("This model's token ids are from 0 to {}, but one is {}.",
                             tokenizer.vocab_size() - 1, token)};
  }
  return {};
}

}  // namespace

Result<Prompt> make_prompt(const ChatRequest& request, const ChatTemplate& chat,
                           const TemplateTraits& traits, const Tokenizer& tokenizer, int context) {
  Prompt prompt;
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&request.raw_prompt)) {
    prompt.output = request.format;
    prompt.tokens = *tokens;
    if (auto known = check_tokens(*tokens, tokenizer); !known) return known.error();
    if (auto fits = check_prompt(prompt.tokens, context); !fits) return fits.error();
    return prompt;
  }
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) {
    prompt.output = request.format;
    prompt.text.push_back({*text, false});
  } else if (auto made = chat_prompt(request, chat, traits, prompt); !made) {
    return made.error();
  }
  auto tokens = encode_prompt(tokenizer, prompt.text, context);
  if (!tokens) return tokens.error();
  prompt.tokens = *std::move(tokens);
  if (request.continue_last) heal_last_token(tokenizer, prompt);
  return prompt;
}

}  // namespace pincer
