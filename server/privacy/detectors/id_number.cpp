// Numbers that states give to persons: United States (SSN), United Kingdom (NINO), Germany
// (Steuer-ID), China (resident ID), Spain (DNI, NIE), Brazil (CPF), France (NIR).
#include <array>
#include <string>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"
#include "server/privacy/detectors/digit_groups.h"

namespace pincer::privacy {
namespace {

constexpr std::string_view kSsnWords[] = {"ssn", "social security", "social-security"};

bool is_ssn(std::string_view d) {
  return d.size() == 9 && d.substr(0, 3) != "000" && d.substr(0, 3) != "666" && d[0] != '9' &&
         d.substr(3, 2) != "00" && d.substr(5) != "0000";
}

// ISO 7064 MOD 11,10, and of the first ten digits exactly one occurs two or three times.
bool is_steuer_id(std::string_view d) {
  if (d.size() != 11 || d[0] == '0') return false;
  std::array<int, 10> seen{};
  int product = 10, repeated = 0;
  for (const char c : d.substr(0, 10)) {
    if (++seen[static_cast<std::size_t>(digit_value(c))] == 2) ++repeated;
    int sum = (digit_value(c) + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  if (repeated != 1) return false;
  for (const int n : seen) {
    if (n > 3) return false;
  }
  return (11 - product) % 10 == digit_value(d[10]);
}

// 17 digits with a date of birth, and a check character.
bool is_resident_id(std::string_view d) {
  constexpr std::array<int, 17> kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += digit_value(d[i]) * kWeights[i];
  const auto number = [d](std::size_t at, std::size_t size) {
    return std::stoi(std::string(d.substr(at, size)));
  };
  const int year = number(6, 4), month = number(10, 2), day = number(12, 2);
  return d[0] != '0' && year >= 1850 && year < 2100 && month >= 1 && month <= 12 && day >= 1 &&
         day <= 31 && upper(d[17]) == "10X98765432"[sum % 11];
}

bool is_cpf(std::string_view d) {
  if (d.size() != 11 || d.find_first_not_of(d[0]) == std::string_view::npos) return false;
  for (std::size_t n = 9; n <= 10; ++n) {
    int sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += digit_value(d[i]) * static_cast<int>(n + 1 - i);
    if (sum * 10 % 11 % 10 != digit_value(d[n])) return false;
  }
  return true;
}

// Sex, year, month, place, order, and 97 minus the rest modulo 97. Corsica's letters are not read.
bool is_nir(std::string_view d) {
  if (d.size() != 15 || d[0] < '1' || d[0] > '2') return false;
  const int month = digit_value(d[3]) * 10 + digit_value(d[4]);
  if (month < 1 || (month > 12 && month < 20) || month > 42) return false;
  const auto body = std::stoll(std::string(d.substr(0, 13)));
  return 97 - body % 97 == std::stoll(std::string(d.substr(13)));
}

bool is_number(std::string_view text, const DigitGroups& groups, std::size_t first,
               std::size_t last, Confidence& confidence) {
  const std::string digits = digits_of(text, groups, first, last);
  const std::size_t count = last - first + 1;
  const auto size = [&](std::size_t i) { return groups[first + i].size(); };
  confidence = Confidence::checked;
  if (count == 3 && size(0) == 3 && size(1) == 2 && is_ssn(digits)) {
    confidence = Confidence::format;
    return true;
  }
  if (count == 1 && is_ssn(digits) && word_before(text, groups[first].begin, kSsnWords, 32)) {
    confidence = Confidence::context;
    return true;
  }
  const bool dotted = count == 4 && size(0) == 3 && size(3) == 2;
  if (dotted && is_cpf(digits)) return true;
  const bool plain = count == 1 || (count == 4 && size(0) == 2 && size(3) == 3);
  return (plain && is_steuer_id(digits)) || is_nir(digits);
}

void find_digits_only(std::string_view text, std::size_t i, Findings& out, std::size_t& end) {
  const DigitGroups groups = read_digit_groups(text, i, " -./", 10);
  end = groups.front().end;
  for (std::size_t last = 0; last < groups.size(); ++last) {
    if (is_word(at(text, groups[last].end))) continue;
    Confidence confidence{};
    if (!is_number(text, groups, 0, last, confidence)) continue;
    out.push_back({PrivacyClass::id_number, i, groups[last].end, confidence});
    end = groups[last].end;
  }
}

// 17 digits and a digit or X, without separators or as 6-8-4.
std::size_t resident_id_end(std::string_view text, std::size_t begin) {
  std::string plain;
  std::size_t i = begin;
  while (plain.size() < 18 && i < text.size()) {
    const char c = text[i];
    if (is_digit(c) || (plain.size() == 17 && upper(c) == 'X')) {
      plain += c;
    } else if ((c != ' ' && c != '-') || (plain.size() != 6 && plain.size() != 14) ||
               !is_digit(at(text, i + 1))) {
      return begin;
    }
    ++i;
  }
  return plain.size() == 18 && !is_word(at(text, i)) && is_resident_id(plain) ? i : begin;
}

// 12345678Z, X1234567L: the letter is the number modulo 23.
std::size_t dni_end(std::string_view text, std::size_t begin) {
  std::size_t i = begin;
  int number = 0;
  std::size_t digits = 8;
  const char first = upper(text[begin]);
  if (first >= 'X' && first <= 'Z') {
    number = first - 'X';
    digits = 7;
    if (at(text, ++i) == '-') ++i;
  }
  for (std::size_t k = 0; k < digits; ++k, ++i) {
    if (!is_digit(at(text, i))) return begin;
    number = number * 10 + digit_value(text[i]);
  }
  if (at(text, i) == '-' || at(text, i) == ' ') ++i;
  if (at(text, i) == '\0' || is_word(at(text, i + 1))) return begin;
  return upper(text[i]) == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] ? i + 1 : begin;
}

// AB 12 34 56 C
std::size_t nino_end(std::string_view text, std::size_t begin) {
  constexpr std::string_view kNotFirst = "DFIQUV", kNotSecond = "DFIQUVO";
  const char first = upper(text[begin]), second = upper(at(text, begin + 1));
  if (!is_letter(first) || !is_letter(second)) return begin;
  if (kNotFirst.find(first) != std::string_view::npos) return begin;
  if (kNotSecond.find(second) != std::string_view::npos) return begin;
  for (const std::string_view unused : {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}) {
    if (first == unused[0] && second == unused[1]) return begin;
  }
  std::size_t i = begin + 2;
  for (int k = 0; k < 6; ++k, ++i) {
    if (k % 2 == 0 && (at(text, i) == ' ' || at(text, i) == '-')) ++i;
    if (!is_digit(at(text, i))) return begin;
  }
  if (at(text, i) == ' ' || at(text, i) == '-') ++i;
  const char suffix = upper(at(text, i));
  return suffix >= 'A' && suffix <= 'D' && !is_word(at(text, i + 1)) ? i + 1 : begin;
}

}  // namespace

void find_id_numbers(std::string_view text, Findings& out) {
  std::size_t digits_from = 0;  // groups of one number do not begin others
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_alnum(text[i]) || is_word(before(text, i))) continue;
    std::size_t end = i;
    if (is_digit(text[i])) {
      if (end == i) end = resident_id_end(text, i);
      if (end == i) end = dni_end(text, i);
    } else {
      end = dni_end(text, i);
      if (end == i) end = nino_end(text, i);
    }
    if (end > i) {
      const bool checked = is_digit(text[i]) || upper(text[i]) >= 'X';
      out.push_back(
          {PrivacyClass::id_number, i, end, checked ? Confidence::checked : Confidence::format});
    } else if (is_digit(text[i]) && i >= digits_from) {
      find_digits_only(text, i, out, digits_from);
    }
  }
}

}  // namespace pincer::privacy
