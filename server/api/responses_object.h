// The response object as it grows, and the events that tell of it; free of any transport.
// https://platform.openai.com/docs/api-reference/responses-streaming
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/answer_message.h"
#include "server/api/responses_request.h"

namespace pincer {

struct ResponseEvent {
  std::string_view type;  // "response.created", …
  std::string json;       // with the type in it
};
using ResponseEvents = std::vector<ResponseEvent>;

// The item of a response that is being written. (Not inside the class: its initializers would come
// too late for std::optional.)
struct OpenItem {
  AnswerPart::Kind kind = AnswerPart::Kind::text;
  std::string id, call_id, name;
  std::string text;  // or reasoning, or arguments
  boost::json::array logprobs;
  std::string_view status = "in_progress";
};

// One response. Events go to the end of what is given; a caller that wants the whole response only
// drops them.
class ResponseBuilder {
 public:
  // `request` and `tokenizer` outlive it.
  ResponseBuilder(const ResponsesRequest& request, const Tokenizer& tokenizer);

  void begin(ResponseEvents& events);                           // created, in progress
  void news(ResponseEvents& events, const AnswerNews& news);    // with the end: completed
  void failed(ResponseEvents& events, const Problem& problem);  // instead of the end

  // After the end: it could not be kept, and the last event says so.
  void not_stored(ResponseEvents& events);

  const std::string& id() const { return id_; }
  boost::json::object response() const;
  // What a later turn goes on from: the request's history, and this answer. After the end.
  std::vector<Message> history() const;

 private:
  using Kind = AnswerPart::Kind;
  void add(ResponseEvents& events, std::string_view type, boost::json::object members);
  void add_response(ResponseEvents& events, std::string_view type);
  void part(ResponseEvents& events, const AnswerPart& part, std::vector<GeneratedToken>& tokens);
  void open(ResponseEvents& events, const AnswerPart& part);
  void open_content(ResponseEvents& events);
  void close(ResponseEvents& events, std::string_view status);
  void finish(ResponseEvents& events, const AnswerEnd& end);
  boost::json::object item() const;
  boost::json::object content() const;
  boost::json::array logprobs(const std::vector<GeneratedToken>& tokens) const;

  const ResponsesRequest& request_;
  const Tokenizer& tokenizer_;
  std::string id_;
  std::int64_t created_, completed_ = 0;
  std::string_view status_ = "in_progress";
  std::int64_t sequence_ = 0;  // of the next event
  bool stored_ = true;         // if that was asked for
  boost::json::array output_;  // items that are done
  AnswerMessage message_;      // all parts so far

  std::optional<OpenItem> item_;
  boost::json::value error_, incomplete_, usage_;
};

}  // namespace pincer
