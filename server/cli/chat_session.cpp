#include "server/cli/chat_session.h"

#include <utility>

#include "pincer/engine/text_assembler.h"
#include "server/backend/prompt.h"
#include "server/cli/command.h"

namespace pincer {

Result<std::vector<TokenId>> ChatSession::chat_prompt(
    const std::vector<ChatMessage>& messages) const {
  auto pieces = model_.chat->render(messages);
  if (!pieces) return pieces.error();
  return encode_prompt(*model_.tokenizer, *pieces, engine_->options().context);
}

Result<std::vector<TokenId>> ChatSession::raw_prompt(const std::string& text) const {
  const TextPiece piece{text, false};
  return encode_prompt(*model_.tokenizer, {&piece, 1}, engine_->options().context);
}

Result<void> ChatSession::set_format(const OutputFormat& format) {
  auto constraint = ConstraintCompiler(model_.tokenizer).compile(format);
  if (!constraint) return constraint.error();
  constraint_ = std::move(*constraint);
  return {};
}

Result<ChatAnswer> ChatSession::generate(std::vector<TokenId> prompt,
                                         const SamplingParams& sampling, int max_tokens,
                                         const std::function<void(const std::string&)>& show,
                                         const std::function<bool()>& stop) {
  ChatAnswer answer;
  answer.prompt_tokens = prompt;
  const auto stream = std::make_shared<TokenStream>();
  GenerationRequest request;
  request.prompt = std::move(prompt);
  request.sampling = sampling;
  request.max_tokens = max_tokens;
  request.constraint = constraint_;
  request.stream = stream;
  if (auto submitted = engine_->submit(std::move(request)); !submitted) return submitted.error();

  TextAssembler text(*model_.tokenizer, {});
  const auto add = [&](const std::string& piece) {
    answer.text += piece;
    if (show && !piece.empty()) show(piece);
  };
  while (true) {
    TokenStream::News news = stream->wait();
    if (answer.tokens.empty() && !news.tokens.empty()) answer.first_token_s = seconds_since_start();
    for (const GeneratedToken& token : news.tokens) {
      answer.tokens.push_back(token.id);
      add(text.push(token.id));
    }
    if (stop && stop()) stream->cancel();
    if (!news.finish) continue;
    add(text.flush());
    answer.finish = *news.finish;
    return answer;
  }
}

}  // namespace pincer
