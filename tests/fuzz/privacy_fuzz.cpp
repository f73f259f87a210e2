// libFuzzer target: whatever a text holds, what is found in it comes back exactly where it stood,
// however the answer is cut, and also where it is a string of arguments. The first byte chooses the
// cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "server/privacy/detectors/name.h"
#include "server/privacy/guard.h"
#include "server/privacy/json_text.h"
#include "server/privacy/stream_restorer.h"

namespace {

const pincer::PrivacyGuard& all_classes() {
  static const pincer::PrivacyGuard guard = [] {
    auto detectors = pincer::make_detectors({});
    if (!detectors) std::abort();
    auto names = std::make_shared<pincer::privacy::StringIndex>();
    for (const std::string_view name : {"Anna", "Ng", "李小龙", "Øyvind Ås"}) names->add(name);
    detectors->push_back({.kind = pincer::PrivacyClass::name,
                          .find = [names](std::string_view text, pincer::Findings& out) {
                            pincer::privacy::find_names(*names, text, out);
                          }});
    return pincer::PrivacyGuard(std::move(*detectors));
  }();
  return guard;
}

std::string in_pieces(std::string_view text, const pincer::PlaceholderMap& map, std::size_t step) {
  pincer::TextRestorer restorer(map, false);
  std::string all;
  for (std::size_t i = 0; i < text.size(); i += step) all += restorer.push(text.substr(i, step));
  return all + restorer.finish();
}

// The one string of `arguments` after the way there and back.
bool holds(const std::string& arguments, const pincer::PlaceholderMap& map,
           const std::string& text) {
  const auto strings = pincer::privacy::json_strings(pincer::restore(arguments, map, true));
  return strings.size() == 2 && strings[1].text == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  pincer::ChatRequest request;
  request.messages.push_back({.role = "user", .content = text});
  const std::string json = R"({"t":")" + pincer::privacy::json_escaped(text) + R"("})";
  request.messages.push_back({.role = "assistant", .tool_calls = {{.arguments = json}}});
  request.messages.push_back({.role = "assistant", .tool_calls = {{.arguments = text}}});
  const auto safe = pincer::guard(request, all_classes());
  if (!safe) std::abort();
  const std::string& replaced = safe->request.messages[0].content;
  if (pincer::restore(replaced, safe->placeholders) != text) std::abort();
  if (in_pieces(replaced, safe->placeholders, data[0] % 16 + 1U) != text) std::abort();
  if (!holds(safe->request.messages[1].tool_calls[0].arguments, safe->placeholders, text)) {
    std::abort();
  }
  return 0;
}
