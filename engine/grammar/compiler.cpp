#include <list>
#include <mutex>
#include <utility>

#include "engine/grammar/constraint.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/token_trie.h"
#include "pincer/engine/constraint.h"

namespace pincer {
namespace {

constexpr std::size_t kMaxEntries = 256;

}  // namespace

struct ConstraintCompiler::Impl {
  struct Entry {
    OutputFormat format;
    std::shared_ptr<const Constraint> constraint;
    std::size_t memory() const { return format.text.size() + constraint->memory(); }
  };

  std::shared_ptr<const Tokenizer> tokenizer;
  std::mutex mutex;
  std::shared_ptr<const grammar::TokenTrie> trie;  // null until it is needed
  std::list<Entry> entries;                        // the last used first

  std::shared_ptr<const grammar::TokenTrie> get_trie() {
    const std::lock_guard lock(mutex);
    if (!trie) trie = std::make_shared<const grammar::TokenTrie>(*tokenizer);
    return trie;
  }

  std::shared_ptr<const Constraint> find(const OutputFormat& format) {
    const std::lock_guard lock(mutex);
    for (auto it = entries.begin(); it != entries.end(); ++it) {
      if (!(it->format == format)) continue;
      entries.splice(entries.begin(), entries, it);
      return entries.front().constraint;
    }
    return nullptr;
  }

  void keep(const OutputFormat& format, std::shared_ptr<const Constraint> constraint) {
    const std::lock_guard lock(mutex);
    entries.push_front({format, std::move(constraint)});
    // What is used grows: it is measured anew each time.
    std::size_t bytes = 0, count = 0;
    for (auto it = entries.begin(); it != entries.end();) {
      bytes += it->memory();
      ++count;
      const bool fits = count == 1 || (count <= kMaxEntries && bytes <= grammar::kCacheBytes);
      it = fits ? std::next(it) : entries.erase(it);
    }
  }
};

ConstraintCompiler::ConstraintCompiler(std::shared_ptr<const Tokenizer> tokenizer)
    : impl_(std::make_unique<Impl>()) {
  impl_->tokenizer = std::move(tokenizer);
}

ConstraintCompiler::~ConstraintCompiler() = default;

Result<std::shared_ptr<const Constraint>> ConstraintCompiler::compile(const OutputFormat& format) {
  if (auto known = impl_->find(format)) return known;
  auto made = Constraint::make(format, impl_->get_trie());
  if (made) impl_->keep(format, *made);
  return made;
}

}  // namespace pincer
