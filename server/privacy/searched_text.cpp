#include "server/privacy/searched_text.h"

#include <algorithm>
#include <utility>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/json_text.h"

namespace pincer::privacy {
namespace {

constexpr std::size_t kShortestAgain = 6;  // shorter values would be found in everything
constexpr std::size_t kLongEnough = 16;    // to be meant also in the middle of a word

bool is_number_part(char c) { return is_alnum(c) || c == '-' || c == '+' || c == '.'; }

// Whether a value that is known may stand there: not within a longer word, unless it is long.
bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  if (end - begin >= kLongEnough) return true;
  if (is_word(text[begin]) && is_word(before(text, begin))) return false;
  return !is_word(text[end - 1]) || !is_word(at(text, end));
}

}  // namespace

void SearchedText::split_json() {
  std::size_t done = 0;
  const auto add_between = [&](std::size_t end) {
    Stretch& stretch = stretches_.emplace_back();
    stretch.begin = done;
    stretch.end = end;
    stretch.text = text_.substr(done, end - done);
  };
  for (JsonString& string : json_strings(text_)) {
    add_between(string.begin);
    Stretch& stretch = stretches_.emplace_back();
    stretch.begin = string.begin;
    stretch.end = done = string.end;
    stretch.string = true;
    stretch.text = std::move(string.text);
    stretch.offsets = std::move(string.offsets);
  }
  add_between(text_.size());
}

// What is only seen in the whole, as a name in front of a string: {"password": "…"}.
void SearchedText::take_from_whole(const Findings& whole) {
  for (const Finding& finding : whole) {
    auto stretch = std::ranges::upper_bound(stretches_, finding.begin, {}, &Stretch::begin);
    if (stretch != stretches_.begin()) --stretch;
    for (; stretch != stretches_.end() && stretch->begin < finding.end; ++stretch) {
      Finding part = finding;
      part.begin = std::max(finding.begin, stretch->begin);
      part.end = std::min(finding.end, stretch->end);
      if (part.begin >= part.end) continue;
      if (stretch->string) {
        const auto offset = [&](std::size_t raw) {
          const auto at = std::ranges::lower_bound(stretch->offsets, raw);
          return static_cast<std::size_t>(at - stretch->offsets.begin());
        };
        part.begin = offset(part.begin);
        part.end = offset(part.end);
      } else {  // a number: as a whole, or what is left is none
        part.begin -= stretch->begin;
        part.end -= stretch->begin;
        const std::string& text = stretch->text;
        while (is_number_part(before(text, part.begin))) --part.begin;
        while (is_number_part(at(text, part.end))) ++part.end;
        const auto inside = std::string_view(text).substr(part.begin, part.end - part.begin);
        if (std::ranges::none_of(inside, is_alnum)) continue;
      }
      if (part.begin < part.end) stretch->findings.push_back(part);
    }
  }
}

Result<SearchedText> SearchedText::search(std::string_view text, TextKind kind,
                                          const std::vector<Detector>& detectors) {
  SearchedText searched;
  searched.text_ = text;
  searched.json_ = kind == TextKind::json;
  if (text.empty()) return searched;
  auto whole = detect(text, detectors);
  if (!whole) return whole.error();
  if (!searched.json_) {
    Stretch& stretch = searched.stretches_.emplace_back();
    stretch.end = text.size();
    stretch.text = text;
    stretch.findings = std::move(*whole);
    return searched;
  }
  searched.split_json();
  searched.take_from_whole(*whole);
  for (Stretch& stretch : searched.stretches_) {
    if (!stretch.string) continue;
    const auto more = detect(stretch.text, detectors);
    if (!more) return more.error();
    stretch.findings.insert(stretch.findings.end(), more->begin(), more->end());
    stretch.findings = resolve_overlaps(std::move(stretch.findings));
  }
  return searched;
}

void SearchedText::add_values_to(KnownValues& values) const {
  for (const Stretch& stretch : stretches_) {
    const std::string_view text = stretch.text;
    for (const Finding& f : stretch.findings) {
      if (f.end - f.begin < kShortestAgain) continue;
      const std::string_view value = text.substr(f.begin, f.end - f.begin);
      values.index.add(value);
      values.classes.emplace(value, f.kind);
    }
  }
}

void SearchedText::find_again(const KnownValues& values) {
  for (Stretch& stretch : stretches_) {
    const std::string_view text = stretch.text;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t end = values.index.longest_at(text, i, stands_alone);
      if (end > i) {
        const std::string value(text.substr(i, end - i));
        stretch.findings.push_back({values.classes.at(value), i, end, Confidence::context});
      }
      i = end > i ? end : i + 1;
    }
    stretch.findings = resolve_overlaps(std::move(stretch.findings));
  }
}

bool SearchedText::clean() const {
  return std::ranges::all_of(stretches_, [](const Stretch& s) { return s.findings.empty(); });
}

std::string SearchedText::replaced(const Stretch& stretch, PlaceholderMap& map) const {
  if (stretch.findings.empty()) {
    return std::string(text_.substr(stretch.begin, stretch.end - stretch.begin));
  }
  const bool number = json_ && !stretch.string;  // becomes a string
  std::string text = replace_findings(stretch.text, stretch.findings, map, number ? "\"" : "");
  return stretch.string ? json_escaped(text) : text;
}

std::string SearchedText::replaced(PlaceholderMap& map) const {
  std::string all;
  for (const Stretch& stretch : stretches_) all += replaced(stretch, map);
  return all;
}

void SearchedText::count(std::array<int, kPrivacyClasses>& counts) const {
  for (const Stretch& stretch : stretches_) {
    for (const Finding& f : stretch.findings) ++counts[static_cast<std::size_t>(f.kind)];
  }
}

}  // namespace pincer::privacy
