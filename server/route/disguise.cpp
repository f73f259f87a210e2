#include "server/route/disguise.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "server/http/random_id.h"

namespace pincer {
namespace {

constexpr std::size_t kBriefBytes = 4 << 10;  // looked through in about 0.2 ms

using GuardedOrError = std::variant<Guarded, Error>;

asio::awaitable<GuardedOrError> guard_it(ChatRequest request, const Privacy& privacy) {
  auto guarded = guard(request, privacy.guard);
  if (!guarded) co_return guarded.error();
  co_return *std::move(guarded);
}

std::size_t size_of(const ChatRequest& request) {
  std::size_t size = 0;
  for (const Message& message : request.messages) {
    size += message.content.size();
    for (const ToolCall& call : message.tool_calls) size += call.arguments.size();
  }
  for (const Tool& tool : request.tools) size += tool.parameters.size() + tool.description.size();
  if (const auto* text = std::get_if<std::string>(&request.raw_prompt)) size += text->size();
  return size;
}

asio::awaitable<GuardedOrError> guard_somewhere(ChatRequest request, const Privacy& privacy,
                                                asio::thread_pool& workers) {
  const bool brief = size_of(request) <= kBriefBytes;
  auto task = guard_it(std::move(request), privacy);
  if (brief) co_return co_await std::move(task);
  co_return co_await asio::co_spawn(workers.get_executor(), std::move(task), asio::use_awaitable);
}

}  // namespace

asio::awaitable<FoundClasses> find_private(const ChatRequest& request, const Privacy& privacy,
                                           asio::thread_pool& workers) {
  ChatRequest copy = request;
  const GuardedOrError guarded = co_await guard_somewhere(std::move(copy), privacy, workers);
  FoundClasses out;
  if (const auto* found = std::get_if<Guarded>(&guarded)) {
    for (const ClassCount& one : found->found) out.names.emplace_back(class_name(one.kind));
  } else {
    out.failed = true;
  }
  co_return out;
}

Disguise::Disguise(Guarded guarded, const Privacy& privacy)
    : guarded_(std::move(guarded)), privacy_(privacy), restorer_(guarded_.placeholders) {}

asio::awaitable<Disguised> Disguise::make(ChatRequest request, const Privacy& privacy,
                                          asio::thread_pool& workers) {
  GuardedOrError guarded = co_await guard_somewhere(std::move(request), privacy, workers);
  if (const auto* error = std::get_if<Error>(&guarded)) co_return *error;
  co_return std::unique_ptr<Disguise>(new Disguise(std::get<Guarded>(std::move(guarded)), privacy));
}

void Disguise::note(const std::string& upstream, const std::string& model,
                    std::string_view body) const {
  if (!privacy_.audit) return;
  const std::string id = random_id("att_");
  privacy_.audit->write({.time = std::chrono::system_clock::now(),
                         .id = id,
                         .upstream = upstream,
                         .model = model,
                         .replaced = guarded_.found,
                         .body = body});
}

void Disguise::lift(UpstreamNews& news) {
  if (!privacy_.restore) return;
  std::vector<AnswerPart> parts;
  for (AnswerPart& part : news.parts)
    std::ranges::move(restorer_.push(std::move(part)), std::back_inserter(parts));
  if (news.end) std::ranges::move(restorer_.finish(), std::back_inserter(parts));
  news.parts = std::move(parts);
}

}  // namespace pincer
