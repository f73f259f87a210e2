#include "engine/grammar/character_classes.h"

#include <utf8proc.h>

#include <array>
#include <map>
#include <string>

namespace pincer::grammar {
namespace {

using Sets = std::map<std::string, CodePointSet, std::less<>>;

// By the names of one and of two letters.
Sets read_categories() {
  std::map<std::string, std::vector<CodePointRange>> ranges;
  for (char32_t c = 0; c <= kLastCodePoint; ++c) {
    const std::string name = utf8proc_category_string(static_cast<utf8proc_int32_t>(c));
    auto& list = ranges[name];
    if (!list.empty() && list.back().last + 1 == c) {
      list.back().last = c;
    } else {
      list.push_back({c, c});
    }
  }
  Sets sets;
  for (auto& [name, list] : ranges) {
    CodePointSet set(std::move(list));
    const std::string group = name.substr(0, 1);
    sets[group] = sets[group].united(set);
    sets[name] = std::move(set);
  }
  return sets;
}

const Sets& categories() {
  static const Sets sets = read_categories();
  return sets;
}

// Of Python's str.isspace() and ECMAScript's WhiteSpace and LineTerminator.
CodePointSet all_spaces() {
  return CodePointSet({{0x09, 0x0D},
                       {0x1C, 0x20},
                       {0x85, 0x85},
                       {0xA0, 0xA0},
                       {0x1680, 0x1680},
                       {0x2000, 0x200A},
                       {0x2028, 0x2029},
                       {0x202F, 0x202F},
                       {0x205F, 0x205F},
                       {0x3000, 0x3000},
                       {0xFEFF, 0xFEFF}});
}

CodePointSet digits() { return CodePointSet({{'0', '9'}}); }
CodePointSet word() { return CodePointSet({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}); }

}  // namespace

std::optional<CodePointSet> class_escape(char letter) {
  switch (letter) {
    case 'd':
      return digits();
    case 'D':
      return digits().united(categories().at("Nd")).complement();
    case 'w':
      return word();
    case 'W': {
      const Sets& sets = categories();
      return word().united(sets.at("L")).united(sets.at("N")).united(sets.at("M")).complement();
    }
    case 's':
      return CodePointSet({{0x09, 0x0D}, {' ', ' '}});
    case 'S':
      return all_spaces().complement();
    default:
      return std::nullopt;
  }
}

std::optional<CodePointSet> general_category(std::string_view name) {
  const auto found = categories().find(name);
  if (found == categories().end()) return std::nullopt;
  return found->second;
}

CodePointSet dot() {
  return CodePointSet({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}).complement();
}

}  // namespace pincer::grammar
