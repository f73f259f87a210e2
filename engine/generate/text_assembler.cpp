#include "pincer/engine/text_assembler.h"

#include <algorithm>
#include <utility>

#include "engine/generate/utf8.h"

namespace pincer {
namespace {

struct FoundStop {
  std::size_t start = std::string_view::npos;  // npos: there is none
  const std::string* stop = nullptr;
};

// The first stop string to be complete. Of several that end at the same byte the longest counts.
// What comes out therefore does not depend on how the text was cut into tokens.
FoundStop find_stop(std::string_view text, const std::vector<std::string>& stops) {
  FoundStop first;
  std::size_t end = std::string_view::npos;
  for (const std::string& stop : stops) {
    const std::size_t found = text.find(stop);
    if (found == std::string_view::npos) continue;
    const std::size_t found_end = found + stop.size();
    if (found_end < end || (found_end == end && found < first.start)) {
      first = {found, &stop};
      end = found_end;
    }
  }
  return first;
}

// The length of the longest end of `text` that a stop string may begin with.
std::size_t possible_stop(std::string_view text, const std::vector<std::string>& stops) {
  std::size_t longest = 0;
  for (const std::string& stop : stops) {
    for (std::size_t n = std::min(text.size(), stop.size() - 1); n > longest; --n) {
      if (text.ends_with(std::string_view(stop).substr(0, n))) {
        longest = n;
        break;
      }
    }
  }
  return longest;
}

}  // namespace

TextAssembler::TextAssembler(const Tokenizer& tokenizer, const std::vector<std::string>& stops,
                             std::size_t known)
    : tokenizer_(tokenizer), known_(known) {
  for (const std::string& stop : stops) {
    if (stop.empty()) continue;  // would stop everything
    append_utf8(stops_.emplace_back(), stop, /*at_end=*/true);
  }
}

std::string TextAssembler::push(TokenId id) {
  if (stopped_ || tokenizer_.is_control(id)) return {};
  partial_ += tokenizer_.token_bytes(id);
  return release(/*at_end=*/false);
}

std::string TextAssembler::flush() {
  if (stopped_) return {};
  return release(/*at_end=*/true);
}

std::string TextAssembler::release(bool at_end) {
  partial_.erase(0, append_utf8(held_, partial_, at_end));
  const std::size_t left_out = std::min(known_, held_.size());
  held_.erase(0, left_out);
  known_ -= left_out;
  if (const FoundStop found = find_stop(held_, stops_); found.stop != nullptr) {
    stopped_ = true;
    stop_string_ = *found.stop;
    std::string text = held_.substr(0, found.start);
    held_.clear();
    partial_.clear();
    return text;
  }
  const std::size_t shown = at_end ? held_.size() : held_.size() - possible_stop(held_, stops_);
  std::string text = held_.substr(0, shown);
  held_.erase(0, shown);
  return text;
}

}  // namespace pincer
