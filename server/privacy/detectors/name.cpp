#include "server/privacy/detectors/name.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "server/privacy/detectors/characters.h"

namespace pincer::privacy {
namespace {

constexpr std::size_t kMaxNames = 1'000'000;

bool is_wide_letter(char lead) {  // Latin, Greek, Cyrillic and more: two bytes in UTF-8
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xc3 && byte <= 0xdf;
}

// Whether the character that ends before `i` is a letter of a script that has spaces.
bool letter_before(std::string_view text, std::size_t i) {
  if (i == 0) return false;
  if (static_cast<unsigned char>(text[i - 1]) < 0x80) return is_word(text[i - 1]);
  return i >= 2 && is_wide_letter(text[i - 2]);
}

bool letter_at(std::string_view text, std::size_t i) {
  return i < text.size() && (is_word(text[i]) || is_wide_letter(text[i]));
}

bool is_whole(std::string_view text, std::size_t begin, std::size_t end) {
  if (letter_at(text, begin) && letter_before(text, begin)) return false;
  return !(letter_before(text, end) && letter_at(text, end));
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<std::shared_ptr<const StringIndex>> read_names(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return Error{errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                 fmt::format("cannot read the names in {}: {}; check privacy.names_file",
                             file.string(), std::strerror(errno))};
  }
  auto names = std::make_shared<StringIndex>();
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    std::string_view name = line;
    if (++number == 1 && name.starts_with("\xef\xbb\xbf")) name.remove_prefix(3);
    name = trimmed(name);
    if (name.empty() || name.front() == '#') continue;
    if (name.size() < StringIndex::kShortest || name.size() > StringIndex::kLongest) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("{}, line {}: a name has {} to {} bytes, not {}", file.string(),
                               number, StringIndex::kShortest, StringIndex::kLongest, name.size())};
    }
    names->add(name);
    if (names->size() > kMaxNames) {
      return Error{ErrorCode::limit,
                   fmt::format("{} has more than {} names", file.string(), kMaxNames)};
    }
  }
  if (in.bad() || !in.eof()) {
    return Error{ErrorCode::io, fmt::format("cannot read {} to its end", file.string())};
  }
  if (names->empty()) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} has no names; write one a line, or leave privacy.names_file out",
                             file.string())};
  }
  return std::shared_ptr<const StringIndex>(std::move(names));
}

void find_names(const StringIndex& names, std::string_view text, Findings& out) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = names.longest_at(text, i, is_whole);
    if (end > i) out.push_back({PrivacyClass::name, i, end, Confidence::listed});
    i = end > i ? end : i + 1;
  }
}

}  // namespace pincer::privacy
