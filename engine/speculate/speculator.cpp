#include "engine/speculate/speculator.h"

#include <algorithm>
#include <utility>

namespace pincer {
namespace {

// Tokens that a sequence proposes at once, at most.
constexpr int kMostLookedUp = 31;
constexpr int kMostModelled = 8;

StepLoad load_of(std::span<Sequence* const> decoding) {
  StepLoad load;
  load.rows = load.sampled = static_cast<int>(decoding.size());
  for (const Sequence* s : decoding) load.keys += static_cast<double>(s->tokens.size());
  return load;
}

// Guesses that the sequence's grammar does not let come are not worth verifying.
void keep_possible(const Sequence& s, std::vector<TokenId>& guesses) {
  if (!s.matcher) return;
  Matcher matcher = *s.matcher;
  std::size_t possible = 0;
  while (possible < guesses.size() && matcher.accept(guesses[possible])) ++possible;
  guesses.resize(possible);
}

}  // namespace

Speculator::Speculator(const EngineOptions& options, std::optional<KvCache> draft, Arena& arena)
    : options_(options) {
  if (draft) model_.emplace(options.draft, std::move(*draft), arena, options.max_active);
}

// Tokens that may be right and still be wanted: a step adds one more than it accepts.
int Speculator::room(const Sequence& s) const {
  int left = options_.context - static_cast<int>(s.tokens.size());
  if (s.request.max_tokens >= 0) left = std::min(left, s.request.max_tokens - s.generated());
  return left - 1;
}

void Speculator::propose(std::span<Sequence* const> decoding, const StepCost& cost) {
  for (Sequence* s : decoding) s->proposal.tokens.clear();
  if (decoding.empty()) return;
  if (model_) {
    ask_model(decoding, cost);
  } else if (options_.speculation == Speculation::ngram) {
    look_up(decoding, cost);
  }
}

std::vector<int> Speculator::choose(std::span<const DraftOffer> offers, DraftPrice price,
                                    const StepCost& cost) const {
  price.most = kMostRows;
  if (options_.draft_tokens <= 0) return choose_drafts(offers, price, cost);
  std::vector<int> counts;
  for (const DraftOffer& o : offers) {
    counts.push_back(std::min({o.tokens, options_.draft_tokens, price.most}));
    price.most -= counts.back();
  }
  return counts;
}

void Speculator::look_up(std::span<Sequence* const> decoding, const StepCost& cost) {
  std::vector<DraftOffer> offers;
  for (Sequence* s : decoding) {
    s->proposal = s->lookup.propose(s->tokens, std::min(kMostLookedUp, room(*s)));
    keep_possible(*s, s->proposal.tokens);
    offers.push_back(
        {static_cast<int>(s->proposal.tokens.size()), s->acceptance.chance(s->proposal.source)});
  }
  const std::vector<int> counts = choose(offers, {load_of(decoding), 0, 0}, cost);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    PromptLookup::Proposal& p = decoding[i]->proposal;
    if (counts[i] == 0 && !p.tokens.empty()) decoding[i]->acceptance.forget_a_little(p.source);
    p.tokens.resize(static_cast<std::size_t>(counts[i]));
  }
}

void Speculator::ask_model(std::span<Sequence* const> decoding, const StepCost& cost) {
  std::vector<DraftOffer> offers;
  for (const Sequence* s : decoding) {
    offers.push_back(
        {std::clamp(room(*s), 0, kMostModelled), s->acceptance.chance(DraftSource::model)});
  }
  const std::vector<int> counts = choose(offers, {load_of(decoding), 0, model_->pass_ms()}, cost);
  std::vector<DraftModel::Job> jobs;
  std::vector<Sequence*> owners;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    Sequence& s = *decoding[i];
    if (counts[i] == 0) {
      if (offers[i].tokens > 0) s.acceptance.forget_a_little(DraftSource::model);
      continue;
    }
    jobs.push_back({&s.draft, s.tokens, &s.sampler, counts[i], {}});
    owners.push_back(&s);
  }
  if (jobs.empty()) model_->forget_a_little();
  model_->propose(jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Sequence& s = *owners[i];
    s.proposal = {DraftSource::model, std::move(jobs[i].proposed)};
    keep_possible(s, s.proposal.tokens);
    DraftModel::keep(s.draft, static_cast<int>(s.tokens.size()),
                     static_cast<int>(s.proposal.tokens.size()));
  }
}

void Speculator::verified(Sequence& s, int known, int accepted) {
  const int proposed = static_cast<int>(s.proposal.tokens.size());
  if (proposed == 0) return;
  s.acceptance.observe(s.proposal.source, proposed, accepted);
  if (model_) DraftModel::keep(s.draft, known, accepted);
  s.proposal.tokens.clear();
}

void Speculator::release(Sequence& s) {
  s.proposal.tokens.clear();
  if (model_) model_->release(s.draft);
}

}  // namespace pincer
