// Where one generation is in its grammar.
#pragma once

#include <memory>
#include <span>

#include "engine/grammar/constraint.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/machine.h"
#include "engine/grammar/mask.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Used by one thread at a time.
class Matcher {
 public:
  explicit Matcher(std::shared_ptr<const Constraint> constraint);

  // The tokens that may come; null when that takes too long to find out (kMaskWork).
  std::shared_ptr<const grammar::Mask> mask();
  // Goes on behind `token`; false, and it is dead, when that may not come here.
  bool accept(TokenId token);
  // Goes on behind these bytes, likewise.
  bool accept_bytes(std::string_view bytes);

  bool may_end() const;
  // The text has ended, or nothing can follow.
  bool complete() const;
  bool dead() const { return !ended_ && state_ == grammar::kDead; }

 private:
  bool advance(std::string_view bytes);

  std::shared_ptr<const Constraint> constraint_;
  std::shared_ptr<grammar::Machine> machine_;
  grammar::MachineState state_;
  std::int64_t vocabularies_ = 1;  // of kMaskNodes nodes each, which the trie is as large as
  std::int64_t mask_work_ = 0;     // that is left
  bool ended_ = false;             // by an end token
};

}  // namespace pincer
