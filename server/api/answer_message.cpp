#include "server/api/answer_message.h"

#include "server/api/find_model.h"

namespace pincer {

void AnswerMessage::add(const AnswerNews& news) {
  for (const AnswerPart& part : news.parts) {
    switch (part.kind) {
      case AnswerPart::Kind::text:
        text += part.text;
        break;
      case AnswerPart::Kind::reasoning:
        reasoning += part.text;
        break;
      case AnswerPart::Kind::call:
        calls.push_back({part.id, part.text, {}});
        break;
      case AnswerPart::Kind::arguments:
        calls.back().arguments += part.text;
        break;
    }
  }
  tokens.insert(tokens.end(), news.tokens.begin(), news.tokens.end());
  if (news.end) end = *news.end;
}

asio::awaitable<std::variant<std::vector<AnswerMessage>, Problem>> collect(Answer& answer) {
  std::vector<AnswerMessage> messages(static_cast<std::size_t>(answer.choices()));
  std::size_t missing = messages.size();
  while (missing > 0) {
    const std::optional<AnswerNews> news = co_await answer.next();
    if (!news) co_return caller_left();
    if (news->problem) co_return *news->problem;
    messages[static_cast<std::size_t>(news->choice)].add(*news);
    if (news->end) --missing;
  }
  co_return messages;
}

}  // namespace pincer
