#include "server/route/cascade_probe.h"

#include <cmath>
#include <iterator>
#include <utility>

namespace pincer {
namespace {

double margin_of(const GeneratedToken& token) {
  const Logprobs& logprobs = token.logprobs;
  double other = 0;
  for (const auto& [id, logprob] : logprobs.top) {
    if (id == token.id) continue;
    other = std::exp(static_cast<double>(logprob));
    break;
  }
  return std::exp(static_cast<double>(logprobs.chosen)) - other;
}

}  // namespace

CascadeProbe::CascadeProbe(const RoutePolicy& policy)
    : probe_tokens_(policy.probe_tokens), escalate_below_(policy.escalate_below) {}

bool CascadeProbe::add(UpstreamNews& news) {
  for (const GeneratedToken& token : news.generated) {
    if (tokens_ == probe_tokens_) break;
    sum_ += margin_of(token);
    ++tokens_;
  }
  held_.tokens += news.tokens;
  std::ranges::move(news.parts, std::back_inserter(held_.parts));
  std::ranges::move(news.generated, std::back_inserter(held_.generated));
  if (news.end) held_.end = std::move(news.end);
  return held_.end || tokens_ >= probe_tokens_;
}

bool CascadeProbe::escalates() const { return tokens_ > 0 && margin() < escalate_below_; }

}  // namespace pincer
