// What is assigned to names such as password, secret or token, in configuration, code, JSON and
// sentences. The value must look like one: declarations and documentation are full of such names.
#include <algorithm>

#include "server/privacy/detectors/beginnings.h"
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

struct Keyword {
  std::string_view text;  // in lower case
  bool password = false;  // people choose them: also words and digits alone
};
constexpr Keyword kKeywords[] = {
    {"password", true},     {"passwd", true},
    {"passphrase", true},   {"passwort", true},
    {"passcode", true},     {"pwd", true},
    {"contraseña", true},   {"mot de passe", true},
    {"密码", true},         {"口令", true},
    {"密碼", true},         {"パスワード", true},
    {"secret", false},      {"token", false},
    {"api_key", false},     {"apikey", false},
    {"api-key", false},     {"api key", false},
    {"access_key", false},  {"accesskey", false},
    {"access-key", false},  {"accountkey", false},
    {"private_key", false}, {"privatekey", false},
    {"signing_key", false}, {"encryption_key", false},
    {"credential", false},  {"authorization", false},
    {"bearer", false},      {"access key", false},
    {"auth_key", false},    {"密钥", false},
    {"令牌", false},
};
constexpr std::size_t kMaxName = 24, kMaxValue = 512;

const Beginnings& beginnings() {
  static const Beginnings all = [] {
    Beginnings some;
    for (const Keyword& keyword : kKeywords) some.add(keyword.text);
    return some;
  }();
  return all;
}

const Keyword* keyword_at(std::string_view text, std::size_t i) {
  for (const Keyword& keyword : kKeywords) {
    if (has_word(text, i, keyword.text)) return &keyword;
  }
  return nullptr;
}

std::size_t skip_blanks(std::string_view text, std::size_t i) {
  while (at(text, i) == ' ' || at(text, i) == '\t') ++i;
  return i;
}

struct Assignment {
  std::size_t begin = 0;  // of what is assigned
  bool tight = false;     // NAME=value
  bool spoken = false;    // "is": a sentence
  bool found = false;
};

enum class Name {
  plain,
  flag,     // --password
  element,  // <password>
  bearer,   // Bearer
};

// What the name is that holds the keyword at `i`.
Name name_at(std::string_view text, std::size_t i, const Keyword& keyword) {
  if (keyword.text == "bearer") return Name::bearer;
  std::size_t begin = i;
  while (begin > 0 && i - begin < kMaxName &&
         (is_word(text[begin - 1]) || text[begin - 1] == '-')) {
    --begin;
  }
  if (text.substr(begin).starts_with("--")) return Name::flag;
  return before(text, begin) == '<' ? Name::element : Name::plain;
}

// From behind the keyword to the value: the rest of the name, quotes and marks, then = or : or
// "is".
Assignment read_assignment(std::string_view text, std::size_t i, Name how) {
  const std::size_t limit = i + kMaxName;
  while (i < limit && (is_word(at(text, i)) || at(text, i) == '-')) ++i;
  if (how == Name::flag && at(text, i) == ' ')
    return {.begin = skip_blanks(text, i), .tight = true, .found = true};
  if (how == Name::bearer) return {.begin = skip_blanks(text, i), .found = at(text, i) == ' '};
  while (at(text, i) == '"' || at(text, i) == '\'' || at(text, i) == '`' || at(text, i) == '*' ||
         at(text, i) == ']' || at(text, i) == '\\') {
    ++i;
  }
  if (how == Name::element && at(text, i) == '>')
    return {.begin = i + 1, .tight = true, .found = true};
  const std::size_t sign = skip_blanks(text, i);
  for (const std::string_view mark : {":=", "=>", "==", "=", "：", ":", "|"}) {
    if (!text.substr(sign).starts_with(mark)) continue;
    if (mark == "==") return {};
    const std::size_t begin = sign + mark.size();
    std::size_t value = skip_blanks(text, begin);
    if (text.substr(value).starts_with("**"))
      value = skip_blanks(text, value + 2);  // **Password:**
    return {.begin = value, .tight = sign == i && value == begin && mark == "=", .found = true};
  }
  for (const std::string_view word : {"is ", "is: ", "was ", "ist ", "是", "为", "は"}) {
    if (!has_word(text, sign, word)) continue;
    std::size_t begin = skip_blanks(text, sign + word.size());
    if (text.substr(begin).starts_with("：")) begin += 3;
    if (at(text, begin) == ':') begin = skip_blanks(text, begin + 1);
    return {.begin = begin, .spoken = true, .found = true};
  }
  return {};
}

// Words that describe a value, and what code reads it from.
bool is_stand_in(std::string_view value) {
  constexpr std::string_view kWords[] = {
      "null",      "none",     "true",    "false",    "string", "undefined",   "str",
      "optional",  "required", "text",    "hidden",   "bearer", "basic",       "redacted",
      "password",  "changeme", "example", "<",        "${",     "{{",          "%(",
      "$(",        "your",     "xxx",     "***",      "...",    "process.env", "os.environ",
      "os.getenv", "env.",     "getenv",  "varchar",  "std::",  "self.",       "this.",
      "req.",      "config.",  "args.",   "settings."};
  if (std::ranges::all_of(value, [&](char c) { return c == value[0]; })) return true;
  return std::ranges::any_of(kWords, [&](std::string_view word) {
    if (!has_word(value, 0, word)) return false;
    return !is_letter(word.back()) || word == "your" || word == "xxx" ||
           value.size() == word.size();
  });
}

// A value, not a word of a program or a sentence.
bool is_secret(std::string_view value, const Keyword& keyword, const Assignment& how, bool quoted) {
  if (value.size() < (keyword.password ? 4U : 8U) || is_stand_in(value)) return false;
  const bool digits = std::ranges::any_of(value, is_digit);
  const bool letters = std::ranges::any_of(value, is_letter);
  const bool symbols = std::ranges::any_of(
      value, [](char c) { return !is_alnum(c) && c != '_' && c != '-' && c != '.' && c != ' '; });
  if (!quoted && value.find('(') != std::string_view::npos) return false;
  if (!keyword.password) {
    if (std::ranges::count(value, ' ') > 0) return false;
    return digits && letters && (quoted || value.size() >= 12 || how.tight);
  }
  if (digits || (symbols && (quoted || letters) && !how.spoken)) return value.size() < 129;
  if (quoted || how.tight) {
    const bool name = keyword_at(value, 0) != nullptr || value.find('.') != std::string_view::npos;
    return !name && (quoted || value.size() >= 6);
  }
  return how.spoken && symbols;
}

struct Value {
  std::size_t begin = 0, end = 0;
  bool quoted = false;
};

Value read_value(std::string_view text, std::size_t i) {
  std::string_view opener = text.substr(i, 1);
  if (text.substr(i).starts_with("\\\"")) opener = "\\\"";  // JSON in JSON
  if (text.substr(i).starts_with("“")) opener = "“";
  const bool quoted = opener == "\"" || opener == "'" || opener == "`" || opener.size() > 1;
  const std::size_t begin = quoted ? i + opener.size() : i;
  const std::string_view closer = opener == "“" ? "”" : opener;
  std::size_t end = begin;
  if (quoted) {
    while (end < text.size() && end - begin <= kMaxValue && text[end] != '\n' &&
           !text.substr(end).starts_with(closer)) {
      end += text[end] == '\\' && closer.size() == 1 ? 2 : 1;
    }
    if (!text.substr(std::min(end, text.size())).starts_with(closer)) return {};
    return {begin, end, true};
  }
  constexpr std::string_view kEnds = " \t\r\n\"'`,;<>|&";
  while (end < text.size() && end - begin <= kMaxValue &&
         kEnds.find(text[end]) == std::string_view::npos &&
         static_cast<unsigned char>(text[end]) < 0x80) {
    ++end;
  }
  while (end > begin && std::string_view(".)]}:?").find(text[end - 1]) != std::string_view::npos)
    --end;
  return {begin, end, false};
}

}  // namespace

void find_passwords(std::string_view text, Findings& out) {
  const Beginnings& keywords = beginnings();
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (!keywords.may(text, i)) continue;
    const Keyword* keyword = keyword_at(text, i);
    if (keyword == nullptr) continue;
    const Name name = name_at(text, i, *keyword);
    i += keyword->text.size() - 1;
    const Assignment how = read_assignment(text, i + 1, name);
    if (!how.found) continue;
    std::size_t begin = how.begin;
    for (const std::string_view scheme : {"basic ", "bearer ", "token "}) {
      if (has_word(text, begin, scheme)) begin = skip_blanks(text, begin + scheme.size());
    }
    const Value value = read_value(text, begin);
    const std::string_view inside = text.substr(value.begin, value.end - value.begin);
    if (inside.empty() || (name == Name::bearer && inside.size() < 16)) continue;
    if (!is_secret(inside, *keyword, how, value.quoted)) continue;
    out.push_back({PrivacyClass::password, value.begin, value.end, Confidence::context});
    i = value.end - 1;
  }
}

}  // namespace pincer::privacy
