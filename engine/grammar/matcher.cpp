#include "engine/grammar/matcher.h"

#include <algorithm>
#include <utility>

#include "engine/grammar/limits.h"

namespace pincer {

Matcher::Matcher(std::shared_ptr<const Constraint> constraint)
    : constraint_(std::move(constraint)) {
  const std::lock_guard lock(constraint_->mutex_);
  machine_ = constraint_->machine_;
  state_ = machine_->start();
  const std::size_t nodes = constraint_->trie().short_tokens().size();
  vocabularies_ = 1 + static_cast<std::int64_t>(nodes / grammar::kMaskNodes);
  mask_work_ = vocabularies_ * grammar::kMaskWork;
}

std::shared_ptr<const grammar::Mask> Matcher::mask() {
  if (ended_ || dead()) {
    auto mask = std::make_shared<grammar::Mask>(constraint_->trie().vocab_size());
    if (ended_) {
      for (const TokenId token : constraint_->trie().end_tokens()) mask->set(token);
    }
    return mask;
  }
  const std::lock_guard lock(constraint_->mutex_);
  const std::int64_t before = machine_->work();
  auto mask = constraint_->masks_.mask(*machine_, state_, mask_work_);
  mask_work_ -= machine_->work() - before;
  return mask;
}

bool Matcher::accept(TokenId token) {
  const auto ends = constraint_->trie().end_tokens();
  if (std::find(ends.begin(), ends.end(), token) != ends.end()) {
    ended_ = ended_ || may_end();
    if (!ended_) state_ = grammar::kDead;
    return ended_;
  }
  const std::string_view bytes = constraint_->trie().bytes(token);
  if (ended_ || bytes.empty()) {
    ended_ = false;
    state_ = grammar::kDead;
    return false;
  }
  return accept_bytes(bytes);
}

bool Matcher::accept_bytes(std::string_view bytes) {
  const std::lock_guard lock(constraint_->mutex_);
  return advance(bytes);
}

bool Matcher::advance(std::string_view bytes) {
  for (const char byte : bytes) {
    if (state_ == grammar::kDead) return false;
    state_ = machine_->step(state_, static_cast<std::uint8_t>(byte));
  }
  if (state_ == grammar::kDead) return false;
  mask_work_ = std::min(mask_work_ + vocabularies_ * grammar::kMaskWorkPerToken,
                        vocabularies_ * grammar::kMaskWork);
  // A machine that has grown too large is given up as soon as nobody is in it any more.
  if (machine_->memory() <= grammar::kMachineBytes) return true;
  if (machine_ == constraint_->machine_) {
    constraint_->machine_ = std::make_shared<grammar::Machine>(constraint_->automaton_);
  }
  state_ = machine_->move_to(*constraint_->machine_, state_);
  machine_ = constraint_->machine_;
  return true;
}

bool may_begin(const std::shared_ptr<const Constraint>& constraint, std::string_view text) {
  return Matcher(constraint).accept_bytes(text);
}

bool Matcher::may_end() const {
  const std::lock_guard lock(constraint_->mutex_);
  return ended_ || (state_ != grammar::kDead && machine_->may_end(state_));
}

bool Matcher::complete() const {
  const std::lock_guard lock(constraint_->mutex_);
  return ended_ ||
         (state_ != grammar::kDead && machine_->may_end(state_) && !machine_->may_continue(state_));
}

}  // namespace pincer
