// One text of a request while it is searched: what was found in it, and then its replacement.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pincer/engine/result.h"
#include "server/privacy/detector.h"
#include "server/privacy/placeholders.h"
#include "server/privacy/request_texts.h"
#include "server/privacy/string_index.h"

namespace pincer::privacy {

// A value that was found in one place is a secret in all: "password: hunter2x" betrays the
// "hunter2x" of the next message.
struct KnownValues {
  StringIndex index;
  std::unordered_map<std::string, PrivacyClass> classes;
};

class SearchedText {
 public:
  // `text` must outlive it. Error: a detector failed.
  static Result<SearchedText> search(std::string_view text, TextKind kind,
                                     const std::vector<Detector>& detectors);

  void add_values_to(KnownValues& values) const;
  void find_again(const KnownValues& values);
  bool clean() const;  // nothing was found
  std::string replaced(PlaceholderMap& map) const;
  void count(std::array<int, kPrivacyClasses>& counts) const;

 private:
  // What is replaced on its own: the whole text; of JSON each string, and what is between two.
  struct Stretch {
    std::size_t begin = 0, end = 0;    // of text_
    bool string = false;               // of JSON
    std::string text;                  // without escapes
    std::vector<std::size_t> offsets;  // of a string's bytes in text_
    Findings findings;
  };
  void split_json();
  void take_from_whole(const Findings& whole);
  std::string replaced(const Stretch& stretch, PlaceholderMap& map) const;

  std::string_view text_;
  bool json_ = false;
  std::vector<Stretch> stretches_;
};

}  // namespace pincer::privacy
