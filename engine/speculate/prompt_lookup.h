// Proposes how a sequence goes on by copying from its own tokens: prompt lookup (Saxena 2023), with
// a memory of where it copied from.
//
// Texts that are repeated with changes (edited programs, summaries, quotations) are followed by a
// cursor into the source. While what comes is what stands there, the cursor goes on; where it
// differs, the source is looked for right behind the difference, as if one token had been replaced,
// or some dropped or put in. Otherwise the last occurrence of the last 4, 3 or 2 tokens is taken.
#pragma once

#include <span>
#include <vector>

#include "engine/speculate/ngram_index.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Where a proposal comes from: each is right with a probability of its own.
enum class DraftSource { ngram2, ngram3, ngram4, cursor, edited, model };
inline constexpr int kDraftSources = 6;

class PromptLookup {
 public:
  struct Proposal {
    DraftSource source = DraftSource::ngram2;
    std::vector<TokenId> tokens;  // empty: nothing was found
  };

  // Up to `most` tokens that may follow `tokens`, which begins with what the last call got.
  Proposal propose(std::span<const TokenId> tokens, int most);

 private:
  struct Place {
    DraftSource source = DraftSource::ngram2;
    int position = 0;  // of the token to propose first; 0: none
  };
  void follow(std::span<const TokenId> tokens);
  Place find(std::span<const TokenId> tokens) const;
  int after_edit(std::span<const TokenId> tokens) const;

  NgramIndex index_;
  int known_ = 0;                             // tokens at the last call
  int cursor_ = 0;                            // what was proposed then began here; 0: nothing was
  bool on_track_ = false;                     // everything that came since stands at the cursor
  DraftSource source_ = DraftSource::ngram2;  // of that
  int edit_ = 0;      // the token of the source that another one came instead of; 0: none
  int edit_age_ = 0;  // tokens since then
};

}  // namespace pincer
