// Which two bytes the words of a list begin with: at most places of a text a look at this is all.
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

#include "server/privacy/detectors/characters.h"

namespace pincer::privacy {

class Beginnings {
 public:
  // `word`, in lower case, counts in any.
  void add(std::string_view word) {
    for (const char first : {word[0], upper(word[0])}) {
      for (const char second : {word[1], upper(word[1])}) set_.set(key(first, second));
    }
  }
  // Whether one may begin at `i`, which is not the last byte.
  bool may(std::string_view text, std::size_t i) const {
    return set_.test(key(text[i], text[i + 1]));
  }

 private:
  static std::size_t key(char first, char second) {
    return static_cast<unsigned char>(first) * std::size_t{256} +
           static_cast<unsigned char>(second);
  }
  std::bitset<65'536> set_;
};

}  // namespace pincer::privacy
