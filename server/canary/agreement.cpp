#include "server/canary/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pincer {
namespace {

constexpr std::size_t kComparedBytes = 256;
constexpr std::size_t kComparedTokens = 128;
constexpr int kRivals = 5;

double probability(const TokenLogprob& token) {
  return std::exp(static_cast<double>(token.logprob));
}

// What lies outside of the likeliest tokens is not known of either, hence the mass of these.
double overlap(const Logprobs& a, const Logprobs& b) {
  double common = 0, mass_a = 0, mass_b = 0;
  for (const TokenLogprob& token : b.top) mass_b += probability(token);
  for (const TokenLogprob& token : a.top) {
    mass_a += probability(token);
    const auto other = std::ranges::find(b.top, token.token, &TokenLogprob::token);
    if (other != b.top.end()) common += std::min(probability(token), probability(*other));
  }
  const double mass = std::max(mass_a, mass_b);
  return mass > 0 ? common / mass : 1;
}

}  // namespace

double text_agreement(std::string_view a, std::string_view b) {
  a = a.substr(0, kComparedBytes);
  b = b.substr(0, kComparedBytes);
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer == 0) return 1;
  const auto [end, other] = std::ranges::mismatch(a, b);
  return static_cast<double>(end - a.begin()) / static_cast<double>(longer);
}

double logit_agreement(std::span<const GeneratedToken> a, std::span<const GeneratedToken> b,
                       bool drawn) {
  const std::size_t most = std::min({a.size(), b.size(), kComparedTokens});
  double sum = 0;
  std::size_t compared = 0;
  while (compared < most) {
    const GeneratedToken& one = a[compared];
    const GeneratedToken& other = b[compared];
    sum += overlap(one.logprobs, other.logprobs);
    ++compared;
    if (one.id != other.id) return sum / static_cast<double>(compared);
  }
  const bool one_ended = a.size() != b.size() && most < kComparedTokens;
  if (one_ended && !drawn) ++compared;  // with nothing in common
  return compared == 0 ? 1 : sum / static_cast<double>(compared);
}

void ask_for_rivals(ChatRequest& request) {
  request.want_logprobs = true;
  request.top_logprobs = std::max(request.top_logprobs, kRivals);
}

void keep_compared(std::vector<GeneratedToken>& kept, const std::vector<GeneratedToken>& come) {
  const std::size_t room = kComparedTokens - kept.size();
  kept.insert(kept.end(), come.begin(),
              come.begin() + static_cast<std::ptrdiff_t>(std::min(room, come.size())));
}

}  // namespace pincer
