#include "server/privacy/json_text.h"

#include <fmt/format.h>

#include <optional>

#include "server/privacy/detectors/characters.h"

namespace pincer::privacy {
namespace {

std::optional<unsigned> hex4(std::string_view json, std::size_t i) {
  unsigned value = 0;
  for (std::size_t k = i; k < i + 4; ++k) {
    const char c = at(json, k);
    if (!is_hex(c)) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : lower(c) - 'a' + 10);
  }
  return value;
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0U | code >> 6U);
  } else {
    if (code < 0x10000) {
      put(0xe0U | code >> 12U);
    } else {
      put(0xf0U | code >> 18U);
      put(0x80U | (code >> 12U & 0x3fU));
    }
    put(0x80U | (code >> 6U & 0x3fU));
  }
  put(0x80U | (code & 0x3fU));
}

// Reads the escape at `i`; how long it is. 0: it is none.
std::size_t read_escape(std::string_view json, std::size_t i, std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  const char letter = at(json, i + 1);
  const std::size_t known = letter == '\0' ? std::string_view::npos : kLetters.find(letter);
  if (known != std::string_view::npos) {
    out += kMeanings[known];
    return 2;
  }
  const auto first = letter == 'u' ? hex4(json, i + 2) : std::nullopt;
  if (!first) return 0;
  if (*first < 0xd800 || *first > 0xdfff) {
    append_utf8(out, *first);
    return 6;
  }
  const auto second = json.substr(i + 6).starts_with("\\u") ? hex4(json, i + 8) : std::nullopt;
  if (*first > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff) return 0;
  append_utf8(out, 0x10000 + ((*first - 0xd800) << 10U) + (*second - 0xdc00));
  return 12;
}

// From behind its opening quote on.
JsonString read_string(std::string_view json, std::size_t begin) {
  JsonString string{.begin = begin, .end = begin, .text = {}, .offsets = {}};
  std::size_t i = begin;
  while (i < json.size() && json[i] != '"') {
    std::size_t size = 0;
    if (json[i] == '\\') size = read_escape(json, i, string.text);
    if (size == 0) {
      size = json[i] == '\\' && i + 1 < json.size() ? 2 : 1;
      string.text += json.substr(i, size);
      for (std::size_t k = 0; k < size; ++k) string.offsets.push_back(i + k);
    } else {
      string.offsets.resize(string.text.size(), i);
    }
    i += size;
  }
  string.end = i;
  string.offsets.push_back(i);
  return string;
}

}  // namespace

std::vector<JsonString> json_strings(std::string_view json) {
  std::vector<JsonString> strings;
  for (std::size_t i = json.find('"'); i < json.size(); i = json.find('"', i)) {
    strings.push_back(read_string(json, i + 1));
    i = strings.back().end + 1;
    if (i >= json.size()) break;
  }
  return strings;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  return out;
}

}  // namespace pincer::privacy
