#include "server/chat/chat_prompt.h"

#include <utility>

#include "server/backend/prompt.h"

namespace pincer {
namespace {

jinja::Value message_value(const Message& message) {
  return jinja::Object{{"role", jinja::Value::text(message.role, true)},
                       {"content", jinja::Value::text(message.content, false)}};
}

Result<std::vector<TextPiece>> render(const ChatRequest& request, const ChatTemplate& chat) {
  jinja::List messages;
  for (const Message& message : request.messages) messages.push_back(message_value(message));
  if (request.continue_last) messages.pop_back();
  jinja::Object variables = request.template_options;
  variables.emplace_back("messages", std::move(messages));
  variables.emplace_back("add_generation_prompt",
                         request.add_generation_prompt || request.continue_last);
  auto pieces = chat.render(std::move(variables));
  if (!pieces) {
    return Error{ErrorCode::invalid_argument,
                 "The model's chat template refused the messages: " + pieces.error().message};
  }
  if (request.continue_last) pieces->push_back({request.messages.back().content, false});
  return pieces;
}

}  // namespace

Result<Prompt> make_prompt(const ChatRequest& request, const ChatTemplate& chat,
                           const Tokenizer& tokenizer, int context) {
  Prompt prompt;
  prompt.output = request.format;
  if (const auto* tokens = std::get_if<std::vector<TokenId>>(&request.raw_prompt)) {
    prompt.tokens = *tokens;
    if (auto fits = check_prompt(prompt.tokens, context); !fits) return fits.error();
    return prompt;
  }
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) {
    prompt.text.push_back({*text, false});
  } else {
    auto pieces = render(request, chat);
    if (!pieces) return pieces.error();
    prompt.text = std::move(pieces).value();
  }
  auto tokens = encode_prompt(tokenizer, prompt.text, context);
  if (!tokens) return tokens.error();
  prompt.tokens = std::move(tokens).value();
  return prompt;
}

}  // namespace pincer
