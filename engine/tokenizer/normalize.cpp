#include "engine/tokenizer/normalize.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace pincer::bpe {
namespace {

// No character has a longer canonical decomposition.
constexpr std::size_t kLongestDecomposition = 4;

int combining_class(utf8proc_int32_t code_point) {
  return utf8proc_get_property(code_point)->combining_class;
}

// Collects a run of valid characters and writes it composed.
class Composer {
 public:
  explicit Composer(std::string& out) : out_(out) {}

  void add(utf8proc_int32_t code_point) {
    std::array<utf8proc_int32_t, kLongestDecomposition> parts{};
    int boundary_class = 0;
    const utf8proc_ssize_t count = utf8proc_decompose_char(
        code_point, parts.data(), parts.size(),
        static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE), &boundary_class);
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const utf8proc_int32_t part = parts[static_cast<std::size_t>(i)];
      if (combining_class(part) == 0) sort_marks();
      run_.push_back(part);
    }
  }

  void flush() {
    sort_marks();
    const utf8proc_ssize_t size = utf8proc_normalize_utf32(
        run_.data(), static_cast<utf8proc_ssize_t>(run_.size()),
        static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    for (utf8proc_ssize_t i = 0; i < size; ++i) {
      std::array<utf8proc_uint8_t, 4> bytes{};
      const utf8proc_ssize_t length =
          utf8proc_encode_char(run_[static_cast<std::size_t>(i)], bytes.data());
      out_.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
    }
    run_.clear();
    marks_ = 0;
  }

 private:
  // Marks after a base character go in the order of their class. (utf8proc_map would do all of
  // this, but sorts long runs of marks in quadratic time.)
  void sort_marks() {
    std::stable_sort(run_.begin() + static_cast<std::ptrdiff_t>(marks_), run_.end(),
                     [](utf8proc_int32_t a, utf8proc_int32_t b) {
                       return combining_class(a) < combining_class(b);
                     });
    marks_ = run_.size();
  }

  std::string& out_;
  std::vector<utf8proc_int32_t> run_;  // decomposed
  std::size_t marks_ = 0;              // sorted up to here
};

}  // namespace

std::string compose(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  Composer composer(out);
  for (std::size_t pos = 0; pos < text.size();) {
    constexpr std::size_t kLongest = 4;
    utf8proc_int32_t code_point = -1;
    const utf8proc_ssize_t length = utf8proc_iterate(
        reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + pos,
        static_cast<utf8proc_ssize_t>(std::min(text.size() - pos, kLongest)), &code_point);
    if (length > 0) {
      composer.add(code_point);
      pos += static_cast<std::size_t>(length);
    } else {
      composer.flush();
      out.push_back(text[pos++]);
    }
  }
  composer.flush();
  return out;
}

}  // namespace pincer::bpe
