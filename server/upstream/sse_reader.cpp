#include "server/upstream/sse_reader.h"

#include <utility>

namespace pincer {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

bool SseReader::push(std::string_view bytes, std::vector<SseEvent>& out) {
  while (!broken_ && !bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    broken_ = line_.size() + data_.size() > most_bytes_;
    if (end == std::string_view::npos || broken_) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    line(line_, out);
    line_.clear();
  }
  return !broken_;
}

void SseReader::line(std::string_view text, std::vector<SseEvent>& out) {
  if (!std::exchange(begun_, true) && text.starts_with(kByteOrderMark))
    text.remove_prefix(kByteOrderMark.size());
  if (!text.empty()) {
    const std::size_t colon = text.find(':');
    std::string_view value =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    return field(text.substr(0, colon), value);  // a comment's field has no name
  }
  std::string type = std::exchange(type_, {});
  std::string data = std::exchange(data_, {});
  if (!std::exchange(has_data_, false)) return;
  out.push_back({type.empty() ? "message" : std::move(type), std::move(data)});
}

void SseReader::field(std::string_view name, std::string_view value) {
  if (name == "event") type_ = value;
  if (name != "data") return;
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_ += value;
}

}  // namespace pincer
