#include "server/route/disguise.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "server/http/random_id.h"

namespace pincer {

Disguise::Disguise(Guarded guarded, const Privacy& privacy)
    : guarded_(std::move(guarded)), privacy_(privacy), restorer_(guarded_.placeholders) {}

Result<std::unique_ptr<Disguise>> Disguise::make(const ChatRequest& request,
                                                 const Privacy& privacy) {
  auto guarded = guard(request, privacy.guard);
  if (!guarded) return guarded.error();
  return std::unique_ptr<Disguise>(new Disguise(*std::move(guarded), privacy));
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
