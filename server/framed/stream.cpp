#include "server/framed/stream.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <exception>
#include <utility>
#include <variant>
#include <vector>

#include "server/api/answer.h"
#include "server/api/find_model.h"
#include "server/api/openai_chat_request.h"
#include "server/api/openai_completions_request.h"
#include "server/api/openai_error.h"
#include "server/api/openai_usage.h"
#include "server/http/admission.h"
#include "server/log/access_line.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr unsigned kGone = 499;  // as nginx has it: the client left before the end

std::string json_text(std::string_view text) {
  return json::serialize(json::string_view(text.data(), text.size()));
}

Problem one_at_a_time(std::string_view param) {
  return {.message = fmt::format("Here '{}' must be for one answer: send as many requests as you "
                                 "want answers.",
                                 param),
          .param = std::string(param),
          .code = "unsupported_value"};
}

using ParsedRequest = std::variant<ChatRequest, Problem>;

ParsedRequest parse_chat(const Frame& frame, const Api& api, std::size_t depth) {
  auto parsed = parse_openai_chat(frame.payload, api.sampling, depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  auto& request = std::get<OpenAiChatRequest>(parsed);
  if (request.choices != 1) return one_at_a_time("n");
  return std::move(request.chat);
}

ParsedRequest parse_completion(const Frame& frame, const Api& api, std::size_t depth) {
  auto parsed = parse_openai_completions(frame.payload, api.sampling, depth);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  auto& request = std::get<OpenAiCompletionsRequest>(parsed);
  if (request.choices != 1) return one_at_a_time("n");
  if (request.prompts.size() != 1) return one_at_a_time("prompt");
  if (request.echo) {
    return Problem{.message = "Here 'echo' is not supported: you have the prompt.",
                   .param = "echo",
                   .code = "unsupported_value"};
  }
  return std::move(request.prompts.front());
}

// The request of a frame, or why it is none.
ParsedRequest parse_request(const Frame& frame, const Api& api, std::size_t depth) {
  const bool chat = frame.type == FrameType::chat;
  auto parsed = chat ? parse_chat(frame, api, depth) : parse_completion(frame, api, depth);
  // The tokens come with the text where logprobs are wanted.
  if (auto* request = std::get_if<ChatRequest>(&parsed); request != nullptr)
    request->want_logprobs = request->want_logprobs || (frame.flags & kWithIds) != 0;
  return parsed;
}

// What arrives of an answer as frames.
class FrameWriter {
 public:
  FrameWriter(std::uint32_t stream, bool with_ids) : stream_(stream), with_ids_(with_ids) {}

  void news(std::string& out, const AnswerNews& news) {
    std::vector<TokenId> ids;
    for (const GeneratedToken& token : news.tokens) ids.push_back(token.id);
    for (const AnswerPart& part : news.parts) {
      if (part.kind == AnswerPart::Kind::text) {
        text(out, std::exchange(ids, {}), part.text);
      } else {
        append_frame(out, FrameType::delta, stream_, delta(part));
      }
    }
    if (!ids.empty()) text(out, ids, "");
    if (news.end) finish(out, *news.end);
  }

 private:
  void text(std::string& out, const std::vector<TokenId>& ids, std::string_view text) const {
    if (with_ids_) {
      append_text_frame(out, stream_, ids, text);
    } else if (!text.empty()) {
      append_frame(out, FrameType::text, stream_, text);
    }
  }

  std::string delta(const AnswerPart& part) {
    switch (part.kind) {
      case AnswerPart::Kind::call:
        return fmt::format(R"({{"tool_call":{{"index":{},"id":{},"name":{}}}}})", ++calls_,
                           json_text(part.id), json_text(part.text));
      case AnswerPart::Kind::arguments:
        return fmt::format(R"({{"tool_call":{{"index":{},"arguments":{}}}}})", calls_,
                           json_text(part.text));
      default:
        return fmt::format(R"({{"reasoning":{}}})", json_text(part.text));
    }
  }

  void finish(std::string& out, const AnswerEnd& end) const {
    AnswerUsage usage;
    usage.add(end, true);
    const json::object body{{"finish_reason", openai_finish_reason(end.reason)},
                            {"usage", usage_json(usage)},
                            {"timings", timings_json(end.finish)}};
    append_frame(out, FrameType::finish, stream_, json::serialize(body));
  }

  std::uint32_t stream_;
  bool with_ids_;
  int calls_ = -1;  // the index of the one that began last
};

Problem cancelled_problem() {
  return {.status = kGone,
          .message = "The request was cancelled.",
          .type = "cancelled",
          .code = "cancelled"};
}

Problem failed_problem() {
  return {
      .status = 500, .message = "The server failed; its log says more.", .type = "server_error"};
}

}  // namespace

std::string framed_error(const Problem& problem) {
  std::string body = openai_error_body(problem);  // {"error":{…}}
  std::string more = fmt::format(R"({{"status":{},)", problem.status);
  if (problem.retry_after_seconds > 0)
    more += fmt::format(R"("retry_after":{},)", problem.retry_after_seconds);
  return more + body.substr(1);
}

FramedStream::FramedStream(asio::any_io_executor executor, std::shared_ptr<Outbox> outbox,
                           std::uint32_t id, std::shared_ptr<const Account> account)
    : executor_(std::move(executor)),
      outbox_(std::move(outbox)),
      id_(id),
      account_(std::move(account)) {}

void FramedStream::take_back() {
  left_ = true;
  if (const auto on_leave = std::exchange(on_leave_, nullptr)) on_leave();
}

asio::awaitable<void> FramedStream::unwatch() {
  on_leave_ = nullptr;
  co_return;
}

void FramedStream::last_frame_comes() {
  if (const auto on_last = std::exchange(on_last_, nullptr)) on_last();
}

asio::awaitable<std::optional<Problem>> FramedStream::answer(const Api& api, Frame frame) {
  FrameWriter writer(id_, (frame.flags & kWithIds) != 0);
  auto parsed = parse_request(frame, api, api.site.limits()->json_depth);
  frame = {};  // up to megabytes
  if (auto* refused = std::get_if<Problem>(&parsed)) co_return std::move(*refused);
  auto& request = std::get<ChatRequest>(parsed);
  Answer answer(api, *this);
  std::optional<Problem> problem = co_await answer.start(std::move(request));
  bool more = !problem;
  while (more) {
    const bool room = co_await outbox_->room();
    if (!room) break;
    const std::optional<AnswerNews> news = co_await answer.next();
    if (!news) break;
    problem = news->problem;
    more = !problem && !news->end;
    if (problem) break;
    if (news->end) last_frame_comes();
    writer.news(outbox_->frames(), *news);
    co_await outbox_->flush();
  }
  co_await answer.release();
  if (more || (problem && is_caller_left(*problem))) problem = cancelled_problem();
  co_return problem;
}

asio::awaitable<std::optional<Problem>> FramedStream::admit(const Api& api, Frame frame) {
  if (api.site.draining) co_return draining_problem();
  if (account_) {
    auto refused = account_->check_scope(Scope::inference);
    if (refused) co_return refused;
  }
  auto use = AccountUse::begin(account_);  // until the answer is sent
  if (auto* limited = std::get_if<Problem>(&use)) co_return std::move(*limited);
  std::optional<Problem> problem = co_await answer(api, std::move(frame));
  co_return problem;
}

std::string FramedStream::line(std::string_view path, unsigned status, double seconds) {
  const std::string id = fmt::format("stream-{}", id_);
  return access_line({.time = std::chrono::system_clock::now(),
                      .id = id,
                      .traceparent = {},
                      .key = identity(),
                      .method = "FRAME",
                      .path = path,
                      .status = status,
                      .seconds = seconds,
                      .record = record()});
}

asio::awaitable<void> FramedStream::run(std::shared_ptr<FramedStream> self, const Api& api,
                                        Frame frame, std::function<void()> on_last) {
  self->on_last_ = std::move(on_last);
  Site& site = api.site;
  const std::string_view pattern = frame.type == FrameType::chat ? "tcp chat" : "tcp completion";
  site.metrics.active_requests.fetch_add(1);
  std::optional<Problem> problem;
  try {
    problem = co_await self->admit(api, std::move(frame));
  } catch (const std::exception& error) {
    spdlog::error("framed request: {}", error.what());
    problem = failed_problem();
  }
  if (problem) {
    const bool room = co_await self->outbox_->room();
    self->last_frame_comes();
    if (room)
      append_frame(self->outbox_->frames(), FrameType::error, self->id_, framed_error(*problem));
    co_await self->outbox_->flush();
  }
  using Seconds = std::chrono::duration<double>;
  const Seconds taken = std::chrono::steady_clock::now() - self->asked_;
  const unsigned status = self->outbox_->broken() ? kGone : problem ? problem->status : 200;
  site.metrics.count_request(pattern, status, taken.count());
  site.metrics.gen_ai.observe(gen_ai_operation(pattern), self->record(), status, taken.count());
  if (site.access_log) site.access_log->write(self->line(pattern, status, taken.count()));
  site.metrics.active_requests.fetch_sub(1);
  site.on_request_end();
}

}  // namespace pincer
