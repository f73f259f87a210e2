#include "server/privacy/stream_restorer.h"

#include <utility>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/json_text.h"

namespace pincer {
namespace {

using privacy::is_digit;
using privacy::is_upper;
using privacy::is_word;

}  // namespace

// `text` begins where a placeholder may. Partial: more must come before it is known.
TextRestorer::Match TextRestorer::match(std::string_view text, bool final) const {
  using Kind = Match::Kind;
  const Match wait{.kind = final ? Kind::none : Kind::partial};
  const bool escaped = !json_ && text[0] == '\\';
  if (escaped && text.size() == 1) return wait;
  if (escaped && text[1] != '[') return {};
  const bool open = escaped || text[0] == '[';
  if (!open && (after_word_ || !is_upper(text[0]))) return {};
  std::size_t i = escaped ? 2 : open ? 1 : 0;
  std::string name;
  for (; i < text.size() && name.size() <= PlaceholderMap::kLongestName; ++i) {
    if (!json_ && text[i] == '\\') {
      if (i + 1 == text.size()) break;
      if (text[i + 1] != '_') break;
      ++i;
    }
    if (!is_upper(text[i]) && !is_digit(text[i]) && text[i] != '_') break;
    name += text[i];
  }
  if (!map_->begins_name(name)) return {};
  if (i == text.size() && !final) return wait;
  const std::string* value = map_->value_of(name);
  if (value == nullptr) {
    // "EMAIL\" may go on with "_1".
    const bool in_escape = i + 1 == text.size() && text[i] == '\\' && !json_;
    return in_escape ? wait : Match{};
  }
  if (!open) {
    if (!json_ && !final && i + 1 == text.size() && text[i] == '\\') return wait;  // "1\_2"
    if (i < text.size() && is_word(text[i])) return {};
    return {.kind = Kind::whole, .size = i, .value = value};
  }
  const std::string_view close = escaped ? "\\]" : "]";
  const std::string_view rest = text.substr(i);
  if (rest.starts_with(close)) {
    return {.kind = Kind::whole, .size = i + close.size(), .value = value};
  }
  return rest.size() < close.size() && close.starts_with(rest) ? wait : Match{};
}

std::string TextRestorer::advance(bool final) {
  std::string out;
  std::size_t i = 0;
  while (i < held_.size()) {
    const std::string_view rest = std::string_view(held_).substr(i);
    if (json_ && rest[0] == '\\') {  // an escape, whose letter begins no word
      if (rest.size() == 1 && !final) break;
      out += rest.substr(0, 2);
      i += rest.size() == 1 ? 1 : 2;
      after_word_ = false;
      continue;
    }
    const Match found = match(rest, final);
    if (found.kind == Match::Kind::partial) break;
    if (found.kind == Match::Kind::whole) {
      out += json_ ? privacy::json_escaped(*found.value) : *found.value;
      i += found.size;
      after_word_ = false;
      continue;
    }
    out += rest[0];
    after_word_ = is_word(rest[0]);
    ++i;
  }
  held_.erase(0, i);
  return out;
}

std::string TextRestorer::push(std::string_view piece) {
  if (map_->empty()) return std::string(piece);
  held_ += piece;
  return advance(false);
}

std::string TextRestorer::finish() {
  std::string rest = advance(true);
  after_word_ = false;
  return rest;
}

void StreamRestorer::flush(std::vector<AnswerPart>& out) {
  std::string rest = text_.finish();
  if (!rest.empty()) out.push_back({.kind = kind_, .text = std::move(rest), .id = id_});
}

std::vector<AnswerPart> StreamRestorer::push(AnswerPart part) {
  using Kind = AnswerPart::Kind;
  std::vector<AnswerPart> out;
  if (part.kind == Kind::call || part.kind != kind_) {
    flush(out);
    const bool json = part.kind == Kind::call || part.kind == Kind::arguments;
    text_ = TextRestorer(*map_, json);
    kind_ = json ? Kind::arguments : part.kind;
  }
  if (part.kind == Kind::call) {
    id_.clear();
    out.push_back(std::move(part));
    return out;
  }
  id_ = part.id;
  part.text = text_.push(part.text);
  if (!part.text.empty()) out.push_back(std::move(part));
  return out;
}

std::vector<AnswerPart> StreamRestorer::finish() {
  std::vector<AnswerPart> out;
  flush(out);
  return out;
}

}  // namespace pincer
