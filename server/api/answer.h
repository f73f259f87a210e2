// The making of an answer, the same for every dialect and transport: finds the model, starts the
// generations, and hands out what arrives of them, taken apart.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/api/answer_reader.h"
#include "server/api/caller.h"
#include "server/api/find_model.h"

namespace pincer {

// How one choice ended well.
struct AnswerEnd {
  enum class Reason {
    stop,         // the model was done
    stop_string,  // it wrote `stop_string`, which is not part of the answer
    tool_calls,   // it was done, and there are calls
    length,       // max_tokens or the context (Finish::context_full)
  };
  Reason reason = Reason::stop;
  std::string stop_string;
  int completion_tokens = 0;
  int reasoning_tokens = 0;  // of these, about
  Finish finish;             // the engine's
};

// What has arrived of one choice.
struct AnswerNews {
  int choice = 0;
  std::vector<AnswerPart> parts;
  std::vector<GeneratedToken> tokens;  // where logprobs are wanted: those that the parts came from
  std::optional<AnswerEnd> end;        // the last news of this choice
  std::optional<Problem> problem;      // the last news of all: the answer failed
};

struct AnswerUsage {
  int prompt_tokens = 0, cached_tokens = 0;
  int completion_tokens = 0, reasoning_tokens = 0;
  // The prompt counts once, though several choices go on from it.
  void add(const AnswerEnd& end, bool first_of_prompt);
};

// One request's. Belongs to the caller's executor.
class Answer {
 public:
  Answer(const Api& api, Caller& caller);
  ~Answer();  // cancels what is not finished
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // Several choices draw differently from the same prompt; several requests, of one model, are
  // numbered one after another: request i has the choices from i * choices on. From here on the
  // caller is watched. A problem is all that comes of it then.
  asio::awaitable<std::optional<Problem>> start(std::vector<ChatRequest> requests, int choices);
  asio::awaitable<std::optional<Problem>> start(ChatRequest request, int choices = 1);

  // After a successful start.
  const Backend& backend() const { return *backend_; }
  int choices() const { return static_cast<int>(tracks_.size()); }

  // What there is of one choice, at least one token or its end; nothing if the caller left, or
  // after the last choice's end or a problem.
  asio::awaitable<std::optional<AnswerNews>> next();

  // Ends the watch over the caller, whose transport is free again: to be awaited in the end,
  // whether or not the start succeeded.
  asio::awaitable<void> release();

 private:
  struct Track;
  struct Signals;
  asio::awaitable<std::optional<Problem>> generate(std::vector<ChatRequest> requests, int choices);
  std::optional<AnswerNews> poll();
  AnswerNews read(Track& track, TokenStream::News news);
  void observe(Track& track, std::size_t tokens);

  const Api& api_;
  Caller& caller_;
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<Signals> signals_;
  std::vector<std::unique_ptr<Track>> tracks_;
  std::size_t turn_ = 0;   // where the next look begins: no choice starves another
  std::size_t ended_ = 0;  // tracks
  bool failed_ = false;
};

}  // namespace pincer
