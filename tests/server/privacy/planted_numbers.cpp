// Cards (ISO 7812), numbers of persons, IBANs (ISO 13616), telephone numbers (E.164 and national).
#include <fmt/format.h>

#include <algorithm>

#include "tests/server/privacy/planted_secret.h"

namespace pincer::test {
namespace {

int sum_of_digits(int n) { return n / 10 + n % 10; }

// Completes `body` by the digit that makes Luhn's sum a multiple of ten.
std::string with_luhn(std::string body) {
  int sum = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const int digit = body[body.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? sum_of_digits(2 * digit) : digit;
  }
  return body + static_cast<char>('0' + (10 - sum % 10) % 10);
}

// "4-6-5" of the digits.
std::string grouped(const std::string& digits, const std::vector<std::size_t>& sizes,
                    std::string_view separator) {
  std::string text;
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    if (at >= digits.size()) break;
    if (at > 0) text += separator;
    text += digits.substr(at, size);
    at += size;
  }
  return text + digits.substr(std::min(at, digits.size()));
}

int mod97(const std::string& digits) {
  int rest = 0;
  for (const char c : digits) rest = (rest * 10 + (c - '0')) % 97;
  return rest;
}

std::string ssn(Dice& dice) {
  return fmt::format("{:03}-{:02}-{:04}", 1 + dice.below(665), 1 + dice.below(99),
                     1 + dice.below(9999));
}

std::string nino(Dice& dice) {
  constexpr std::string_view kFirst = "ABCEHJLMNPRSTWXY", kSecond = "ABCEHJLMPRSTWXYZ";
  for (;;) {
    const std::string prefix = dice.of(kFirst, 1) + dice.of(kSecond, 1);
    if (prefix == "BG" || prefix == "GB" || prefix == "KN" || prefix == "NK" || prefix == "NT" ||
        prefix == "TN" || prefix == "ZZ") {
      continue;
    }
    const std::string pairs = dice.digits(6);
    if (dice.coin()) return prefix + pairs + dice.of("ABCD", 1);
    return prefix + " " + grouped(pairs, {2, 2, 2}, " ") + " " + dice.of("ABCD", 1);
  }
}

// Ten digits of which one occurs twice, and ISO 7064 MOD 11,10.
std::string steuer_id(Dice& dice) {
  std::string digits = "0123456789";
  for (std::size_t i = digits.size(); i > 1; --i) std::swap(digits[i - 1], digits[dice.below(i)]);
  if (digits[0] == '0') std::swap(digits[0], digits[5]);
  const std::size_t from = 1 + dice.below(4), to = 5 + dice.below(5);
  digits[to] = digits[from];
  int p = 10;
  for (const char c : digits) {
    const int s = (c - '0' + p) % 10;
    p = ((s == 0 ? 10 : s) * 2) % 11;
  }
  digits += static_cast<char>('0' + (p == 1 ? 0 : 11 - p) % 10);
  return dice.coin() ? digits : grouped(digits, {2, 3, 3, 3}, " ");
}

// GB 11643: the weight of each place is 2 to the power of its distance from the end, modulo 11.
std::string resident_id(Dice& dice) {
  const std::string body = fmt::format(
      "{}{:04}{:02}{:02}{:03}", dice.one_of(std::vector{"110105", "310101", "440305", "510107"}),
      1950 + dice.below(60), 1 + dice.below(12), 1 + dice.below(28), dice.below(1000));
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (body[i] - '0') * ((1 << (17 - i)) % 11);
  const int check = (12 - sum % 11) % 11;
  return body + (check == 10 ? 'X' : static_cast<char>('0' + check));
}

std::string dni(Dice& dice) {
  const std::size_t number = 10'000'000 + dice.below(89'999'999);
  return fmt::format("{}{}{}", number, dice.coin() ? "-" : "",
                     std::string_view("TRWAGMYFPDXBNJZSQVHLCKE")[number % 23]);
}

std::string cpf(Dice& dice) {
  std::string digits = dice.digits(9);
  for (int round = 0; round < 2; ++round) {
    int sum = 0, weight = 2;
    for (auto c = digits.rbegin(); c != digits.rend(); ++c) sum += (*c - '0') * weight++;
    const int rest = sum % 11;
    digits += static_cast<char>(rest < 2 ? '0' : '0' + 11 - rest);
  }
  return grouped(digits.substr(0, 9), {3, 3, 3}, ".") + "-" + digits.substr(9);
}

std::string nir(Dice& dice) {
  const std::string body =
      fmt::format("{}{:02}{:02}{:02}{:03}{:03}", 1 + dice.below(2), dice.below(100),
                  1 + dice.below(12), 1 + dice.below(95), 1 + dice.below(900), 1 + dice.below(999));
  const std::string all = body + fmt::format("{:02}", 97 - mod97(body));
  return dice.coin() ? all : grouped(all, {1, 2, 2, 2, 3, 3, 2}, " ");
}

}  // namespace

PlantedSecret plant_card(Dice& dice) {
  struct Brand {
    std::string_view name, prefix;
    std::size_t size;
    std::vector<std::size_t> groups;
  };
  const std::vector<Brand> brands{{"Visa", "4", 16, {4, 4, 4, 4}},
                                  {"Visa 13", "4", 13, {4, 3, 3, 3}},
                                  {"Visa 19", "4", 19, {4, 4, 4, 4, 3}},
                                  {"Mastercard", "53", 16, {4, 4, 4, 4}},
                                  {"Mastercard 2", "2412", 16, {4, 4, 4, 4}},
                                  {"Amex", "37", 15, {4, 6, 5}},
                                  {"Discover", "6011", 16, {4, 4, 4, 4}},
                                  {"JCB", "3530", 16, {4, 4, 4, 4}},
                                  {"Diners", "36", 14, {4, 6, 4}},
                                  {"UnionPay 19", "6222", 19, {6, 13}},
                                  {"Maestro", "6759", 16, {4, 4, 4, 4}}};
  const Brand brand = dice.one_of(brands);
  std::string body(brand.prefix);
  while (body.size() + 1 < brand.size) body += static_cast<char>('0' + dice.below(10));
  const std::string separator = dice.one_of(std::vector<std::string>{"", " ", "-", "\u00a0"});
  const std::string text = grouped(with_luhn(body), brand.groups, separator);
  return {"credit_card", std::string(brand.name), text, text};
}

PlantedSecret plant_id_number(Dice& dice) {
  using Make = std::string (*)(Dice&);
  const std::vector<std::pair<std::string, Make>> forms{{"SSN", ssn},
                                                        {"NINO", nino},
                                                        {"Steuer-ID", steuer_id},
                                                        {"resident ID", resident_id},
                                                        {"DNI", dni},
                                                        {"CPF", cpf},
                                                        {"NIR", nir}};
  const auto form = dice.one_of(forms);
  const std::string text = form.second(dice);
  return {"id_number", form.first, text, text};
}

PlantedSecret plant_iban(Dice& dice) {
  struct Country {
    std::string_view code;
    std::size_t letters, digits;  // of the part behind the check digits
  };
  const std::vector<Country> countries{{"DE", 0, 18}, {"GB", 4, 14}, {"NL", 4, 10}, {"ES", 0, 20},
                                       {"FR", 0, 23}, {"CH", 0, 17}, {"AT", 0, 16}, {"NO", 0, 11},
                                       {"MT", 4, 23}, {"PL", 0, 24}, {"SE", 0, 20}, {"BE", 0, 12}};
  const Country country = dice.one_of(countries);
  std::string body = dice.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", country.letters);
  body += dice.of("0123456789", country.digits);
  std::string number;
  for (const char c : body + std::string(country.code) + "00") {
    number += c >= 'A' ? std::to_string(c - 'A' + 10) : std::string(1, c);
  }
  const std::string all = fmt::format("{}{:02}{}", country.code, 98 - mod97(number), body);
  const std::vector<std::size_t> fours(9, 4);
  const std::string text = dice.coin() ? all : grouped(all, fours, " ");
  return {"iban", std::string(country.code), text, text};
}

PlantedSecret plant_phone(Dice& dice) {
  // d: any digit, D: 2 to 9. As countries write them.
  const std::vector<std::string> forms{
      "+1 Ddd-Ddd-dddd", "+1 (Ddd) Ddd-dddd",   "+1DddDdddddd",      "(Ddd) Ddd-dddd",
      "Ddd-Ddd-dddd",    "Ddd.Ddd.dddd",        "+44 20 Dddd dddd",  "+44 (0)20 Dddd dddd",
      "020 Dddd dddd",   "07Ddd dddddd",        "+49 30 Dddddddd",   "+49 (0) 30 Ddddddd",
      "030 Ddddddd",     "0170-Dddddddd",       "0170/Ddddddd",      "+33 6 Dd dd dd dd",
      "01 Dd dd dd dd",  "01.Dd.dd.dd.dd",      "+86 138 dddd dddd", "138-dddd-dddd",
      "139 dddd dddd",   "010-Dddddddd",        "+81-3-Dddd-dddd",   "03-Dddd-dddd",
      "+91 98ddd ddddd", "+55 (11) 9dddd-dddd", "(11) 9dddd-dddd",   "(02) Dddd dddd",
      "+61 4dd ddd ddd", "0049 30 Ddddddd",     "+358 40 ddddddd",   "+7 (9dd) ddd-dd-dd",
      "1-800-Ddd-dddd",  "+34.6dd.ddd.ddd"};
  const std::string form = dice.one_of(forms);
  std::string text;
  for (const char c : form) {
    if (c == 'd') {
      text += static_cast<char>('0' + dice.below(10));
    } else if (c == 'D') {
      text += static_cast<char>('2' + dice.below(8));
    } else {
      text += c;
    }
  }
  return {"phone", form, text, text};
}

}  // namespace pincer::test
