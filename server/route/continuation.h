// What a client has of an answer, and the request that goes on from there.
#pragma once

#include <string>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/chat/answer_part.h"
#include "server/route/route_config.h"

namespace pincer {

class Continuation {
 public:
  void add(const std::vector<AnswerPart>& parts, int tokens);
  bool empty() const { return tokens_ == 0 && message_.content.empty(); }
  int tokens() const { return tokens_; }
  const Message& message() const { return message_; }

  // Whether this kind of upstream can go on from here with `request`: plain text where it takes an
  // open assistant's turn, formats and calls where it replays them, several choices never.
  bool can_go_on(const ChatRequest& request, const UpstreamConfig& upstream) const;

  // The rest of `request`: what is written stands at its end, and counts against max_tokens.
  ChatRequest rest_of(ChatRequest request) const;

 private:
  Message message_{.role = "assistant"};
  int tokens_ = 0;
};

// Some upstreams begin with the text that they were to go on from. Takes that off a text that
// arrives in pieces.
class EchoFilter {
 public:
  EchoFilter() = default;
  explicit EchoFilter(std::string written) : written_(std::move(written)) {}

  // What is new of the text; what may still be an echo is held back.
  std::string push(std::string text);
  std::string flush();

 private:
  std::string written_, held_;
};

}  // namespace pincer
