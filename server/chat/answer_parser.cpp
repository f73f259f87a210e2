#include "server/chat/answer_parser.h"

#include <algorithm>
#include <utility>

namespace pincer {
namespace {

using Kind = AnswerPart::Kind;
using Calls = AnswerFormat::Calls;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kCallBegin = "<tool_call>";
constexpr std::string_view kCallEnd = "</tool_call>";

// The length of the longest end of `text` that `mark` may begin with.
std::size_t possible_mark(std::string_view text, std::string_view mark) {
  std::size_t size = std::min(text.size(), mark.size() - 1);
  while (size > 0 && !text.ends_with(mark.substr(0, size))) --size;
  return size;
}

std::size_t without_space(std::string_view text) { return text.find_last_not_of(kSpace) + 1; }

}  // namespace

AnswerParser::AnswerParser(AnswerFormat format) : format_(std::move(format)) {
  if (format_.think_end.empty()) {
    mode_ = Mode::begin_answer;
  } else if (format_.thinks_from_start) {
    mode_ = Mode::thinking;
    separated_ = true;
  }
}

void AnswerParser::resume(std::string_view text) {
  push(text);
  if (mode_ == Mode::answer) text_.clear();  // was shown, though it looks like the start of a mark
}

AnswerParser::Parts AnswerParser::push(std::string_view text) {
  text_ += text;
  while (!text_.empty() && step(false)) {
  }
  return std::exchange(out_, {});
}

AnswerParser::Parts AnswerParser::finish() {
  if (mode_ == Mode::call) call(true);
  while (!text_.empty() && step(true)) {
  }
  return std::exchange(out_, {});
}

bool AnswerParser::step(bool at_end) {
  switch (mode_) {
    case Mode::start:
      return start(at_end);
    case Mode::thinking:
      return think(at_end);
    case Mode::begin_answer:
      return begin_answer(at_end);
    case Mode::answer:
      return answer(at_end);
    case Mode::call:
      return call(at_end);
    case Mode::after_call:
      return after_call(at_end);
    case Mode::done:
      text_.clear();
      break;
  }
  return false;
}

// False when there is nothing else.
bool AnswerParser::drop_space(std::string_view what) {
  text_.erase(0, std::min(text_.find_first_not_of(what), text_.size()));
  return !text_.empty();
}

void AnswerParser::emit(Kind kind, std::size_t size) {
  if (size > 0) out_.push_back({kind, text_.substr(0, size), {}});
  text_.erase(0, size);
}

bool AnswerParser::start(bool at_end) {
  const std::size_t begin = text_.find_first_not_of(kSpace);
  const std::string_view rest =
      begin == std::string::npos ? std::string_view() : std::string_view(text_).substr(begin);
  const std::string_view mark = format_.think_begin;
  if (rest.size() < mark.size() && mark.starts_with(rest) && !at_end) return false;
  const bool thinks = rest.starts_with(mark) && !mark.empty();
  mode_ = thinks ? Mode::thinking : Mode::begin_answer;
  separated_ = thinks;
  if (thinks) text_.erase(0, begin + mark.size());
  return true;
}

bool AnswerParser::think(bool at_end) {
  if (separated_ && !drop_space(kSpace)) return false;
  separated_ = false;
  const std::size_t end = text_.find(format_.think_end);
  if (end == std::string::npos) {
    const std::size_t held = at_end ? 0 : possible_mark(text_, format_.think_end);
    emit(Kind::reasoning, without_space(std::string_view(text_).substr(0, text_.size() - held)));
    return false;
  }
  const std::size_t shown = without_space(std::string_view(text_).substr(0, end));
  emit(Kind::reasoning, shown);
  text_.erase(0, end - shown + format_.think_end.size());
  mode_ = Mode::begin_answer;
  separated_ = true;
  return true;
}

bool AnswerParser::begin_answer(bool at_end) {
  if (separated_ && !drop_space(kSpace)) return false;
  separated_ = false;
  mode_ = Mode::answer;
  if (format_.calls != Calls::bare) return true;
  const std::size_t begin = text_.find_first_not_of(kSpace);
  if (begin == std::string::npos) {
    if (!at_end) mode_ = Mode::begin_answer;
    return at_end;
  }
  if (text_[begin] == '{') begin_call(begin);
  if (text_[begin] == '[') begin_call(begin + 1);
  return true;
}

bool AnswerParser::answer(bool at_end) {
  if (separated_ && !drop_space(kSpace)) return false;
  separated_ = false;
  if (format_.calls != Calls::tagged) return emit(Kind::text, text_.size()), false;
  const std::size_t begin = text_.find(kCallBegin);
  if (begin == std::string::npos) {
    const std::size_t held = at_end ? 0 : possible_mark(text_, kCallBegin);
    const std::size_t size = text_.size() - held;
    // White space before a call is none of the text; at the end it is, unless there were calls.
    const bool all = at_end && calls_ == 0;
    emit(Kind::text, all ? size : without_space(std::string_view(text_).substr(0, size)));
    return false;
  }
  const std::size_t shown = without_space(std::string_view(text_).substr(0, begin));
  emit(Kind::text, shown);
  begin_call(begin - shown + kCallBegin.size());
  return true;
}

void AnswerParser::begin_call(std::size_t mark_size) {
  call_mark_ = text_.substr(0, mark_size);
  text_.erase(0, mark_size);
  parser_.emplace(format_.tools);
  mode_ = Mode::call;
}

bool AnswerParser::call(bool at_end) {
  const bool begun = parser_->begun();
  CallParser::State state = parser_->push(text_, out_);
  if (!begun && parser_->begun()) ++calls_;
  if (state != CallParser::State::more) return end_call(state);
  if (!at_end) return false;
  if (parser_->begun()) return text_.clear(), false;  // it was cut off
  return end_call(CallParser::State::broken);
}

bool AnswerParser::end_call(CallParser::State state) {
  if (state == CallParser::State::whole) {
    mode_ = calls_ == format_.most_calls ? Mode::done : Mode::after_call;
    return true;
  }
  if (!parser_->begun()) {
    text_.insert(0, call_mark_);
    emit(Kind::text, call_mark_.size());
  }
  mode_ = Mode::answer;
  return true;
}

bool AnswerParser::after_call(bool at_end) {
  if (format_.calls == Calls::bare) return after_bare_call();
  // A brace too many is what small models like to write.
  if (!drop_space(" \t\r\n}")) return false;
  const std::string_view text = text_;
  if (text.size() < kCallEnd.size() && kCallEnd.starts_with(text) && !at_end) return false;
  if (text.starts_with(kCallEnd)) text_.erase(0, kCallEnd.size());
  mode_ = Mode::answer;
  separated_ = true;
  return true;
}

bool AnswerParser::after_bare_call() {
  if (!drop_space(" \t\r\n,;]")) return false;
  mode_ = Mode::answer;
  if (text_.starts_with('{')) begin_call(0);
  return true;
}

}  // namespace pincer
