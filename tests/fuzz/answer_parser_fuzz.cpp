// libFuzzer target: whatever a model writes, and however it is cut, comes apart into parts that a
// client can put together. The first byte chooses the format, the second the cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/chat/answer_parser.h"

namespace {

pincer::AnswerFormat format_of(std::uint8_t choice) {
  using Calls = pincer::AnswerFormat::Calls;
  pincer::AnswerFormat format;
  if (choice & 1) {
    format.think_begin = "<think>";
    format.think_end = "</think>";
    format.thinks_from_start = (choice & 2) != 0;
  }
  format.calls = (choice & 4) ? Calls::tagged : (choice & 8) ? Calls::bare : Calls::none;
  format.tools = {"f", "get"};
  format.most_calls = (choice & 16) ? 1 : -1;
  return format;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Kind = pincer::AnswerPart::Kind;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::size_t step = data[1] % 16 + 1;
  pincer::AnswerParser parser(format_of(data[0]));
  std::vector<pincer::AnswerPart> parts;
  for (std::size_t i = 0; i < text.size(); i += step) {
    for (auto& part : parser.push(text.substr(i, step))) parts.push_back(std::move(part));
  }
  for (auto& part : parser.finish()) parts.push_back(std::move(part));
  int calls = 0;
  std::string all;
  for (const auto& part : parts) {
    if (part.text.empty() || (part.kind == Kind::arguments && calls == 0)) std::abort();
    if (part.kind == Kind::call) ++calls;
    all += part.text;
  }
  if (calls != parser.calls() || all.size() > 2 * text.size()) std::abort();
  if ((data[0] & 13) == 0 && all != text) std::abort();  // all is text
  return 0;
}
