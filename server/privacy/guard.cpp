#include "server/privacy/guard.h"

#include <array>
#include <deque>
#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "server/privacy/request_texts.h"
#include "server/privacy/searched_text.h"

namespace pincer {
namespace {

using privacy::KnownValues;
using privacy::SearchedText;

Error stays_local(std::string why) {
  return {ErrorCode::unsupported, std::move(why) + "; the request stays local"};
}

struct Place {
  std::string text;  // a copy: options of the template are not kept where they can be pointed to
  TextKind kind = TextKind::text;
};

Result<std::vector<SearchedText>> search_all(const std::deque<Place>& places,
                                             const std::vector<Detector>& detectors) {
  std::vector<SearchedText> searched;
  for (const Place& place : places) {
    auto text = SearchedText::search(place.text, place.kind, detectors);
    if (!text) return text.error();
    searched.push_back(std::move(*text));
  }
  KnownValues values;
  for (const SearchedText& text : searched) text.add_values_to(values);
  if (!values.index.empty()) {
    for (SearchedText& text : searched) text.find_again(values);
  }
  return searched;
}

Result<Guarded> guard_request(const ChatRequest& request, const PrivacyGuard& privacy) {
  if (std::holds_alternative<std::vector<TokenId>>(request.raw_prompt)) {
    return stays_local("a prompt of tokens cannot be searched for private data");
  }
  Guarded guarded{.request = request, .placeholders = {}, .found = {}};
  std::deque<Place> places;
  for_each_text(guarded.request,
                [&](std::string& text, TextKind kind) { places.push_back({text, kind}); });
  const auto searched = search_all(places, privacy.detectors());
  if (!searched) return searched.error();

  std::array<int, kPrivacyClasses> counts{};
  for (std::size_t i = 0; i < places.size(); ++i) {
    (*searched)[i].count(counts);
    if (places[i].kind == TextKind::fixed && !(*searched)[i].clean()) {
      return stays_local(
          "private data stands where it cannot be replaced, such as in an "
          "identifier, a grammar or an option of the template");
    }
    guarded.placeholders.keep_clear_of(places[i].text);
  }
  std::size_t next = 0;
  for_each_text(guarded.request, [&](std::string& text, TextKind kind) {
    const SearchedText& found = (*searched)[next++];
    if (kind != TextKind::fixed && !found.clean()) text = found.replaced(guarded.placeholders);
  });
  for (const PrivacyClass kind : privacy_classes()) {
    const int count = counts[static_cast<std::size_t>(kind)];
    if (count > 0) guarded.found.push_back({kind, count});
  }
  return guarded;
}

}  // namespace

Result<PrivacyGuard> PrivacyGuard::create(const PrivacyConfig& config) {
  auto detectors = make_detectors(config);
  if (!detectors) return detectors.error();
  return PrivacyGuard(std::move(*detectors));
}

Result<Guarded> guard(const ChatRequest& request, const PrivacyGuard& privacy) {
  try {
    return guard_request(request, privacy);
  } catch (const std::exception&) {  // memory, or a mistake of ours; what() may hold what was read
    return stays_local("the search for private data failed");
  }
}

}  // namespace pincer
