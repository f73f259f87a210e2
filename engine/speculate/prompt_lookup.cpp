#include "engine/speculate/prompt_lookup.h"

#include <algorithm>
#include <cstddef>

namespace pincer {
namespace {

// How far behind a difference the source is looked for, and for how many tokens.
constexpr int kEditWindow = 12;
constexpr int kEditPatience = 8;

TokenId at(std::span<const TokenId> tokens, int i) { return tokens[static_cast<std::size_t>(i)]; }

}  // namespace

PromptLookup::Proposal PromptLookup::propose(std::span<const TokenId> tokens, int most) {
  index_.extend(tokens);
  follow(tokens);
  const Place place = find(tokens);
  known_ = static_cast<int>(tokens.size());
  cursor_ = place.position;
  source_ = place.source;
  Proposal out{place.source, {}};
  if (place.position == 0) return out;
  // A source that reaches the end of the sequence goes on in what is proposed: a repetition.
  for (int i = 0; i < most; ++i) {
    const int from = place.position + i;
    out.tokens.push_back(from < known_ ? at(tokens, from)
                                       : out.tokens[static_cast<std::size_t>(from - known_)]);
  }
  return out;
}

// Compares what came since the last call with what stands at the cursor.
void PromptLookup::follow(std::span<const TokenId> tokens) {
  const int size = static_cast<int>(tokens.size());
  const int came = size - known_;
  if (edit_ != 0) {
    edit_age_ += came;
    if (edit_age_ > kEditPatience) edit_ = 0;
  }
  on_track_ = cursor_ != 0;
  if (!on_track_) return;
  for (int i = 0; i < came; ++i) {
    if (at(tokens, cursor_ + i) == at(tokens, known_ + i)) continue;
    on_track_ = false;
    // A guess behind a change that was wrong from its first token on leaves the change where it is.
    if (i == 0 && source_ == DraftSource::edited && edit_ != 0) return;
    edit_ = cursor_ + i;
    edit_age_ = came - i;
    return;
  }
  cursor_ += came;
}

PromptLookup::Place PromptLookup::find(std::span<const TokenId> tokens) const {
  if (on_track_ && cursor_ < static_cast<int>(tokens.size())) {
    return {DraftSource::cursor, cursor_};
  }
  const NgramIndex::Match match = index_.find(tokens);
  if (match.length >= 4) return {DraftSource::ngram4, match.position};
  if (const int position = after_edit(tokens); position != 0) {
    return {DraftSource::edited, position};
  }
  if (match.length == 3) return {DraftSource::ngram3, match.position};
  if (match.length == 2) return {DraftSource::ngram2, match.position};
  return {};
}

// Where the source goes on after the difference: behind the next occurrence of the last token, or,
// right after it, as if one token stood for one.
int PromptLookup::after_edit(std::span<const TokenId> tokens) const {
  if (edit_ == 0) return 0;
  const int size = static_cast<int>(tokens.size());
  const int end = std::min(edit_ + kEditWindow, size - 1);
  for (int i = edit_; i < end; ++i) {
    if (at(tokens, i) == tokens.back()) return i + 1;
  }
  return edit_age_ == 1 && edit_ + 1 < size ? edit_ + 1 : 0;
}

}  // namespace pincer
