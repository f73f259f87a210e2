#include "server/route/prompt_features.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "server/route/prompt_words.h"
#include "server/route/text_size.h"

namespace pincer {
namespace {

constexpr std::size_t kMostBytes = 2048;
constexpr std::size_t kMostChoices = 10;

// A name that is not there does not compile.
consteval std::size_t at(std::string_view name) {
  std::size_t i = 0;
  while (kPromptFeatures[i] != name) ++i;
  return i;
}

constexpr bool digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool letter(char c) {
  return upper(c) || (c >= 'a' && c <= 'z') || static_cast<signed char>(c) < 0;
}
constexpr char lower(char c) { return upper(c) ? static_cast<char>(c + 32) : c; }
float log_of(std::size_t n) { return std::log1p(static_cast<float>(n)); }
float share(std::size_t n, std::size_t of) {
  return of == 0 ? 0.0F : static_cast<float>(n) / static_cast<float>(of);
}

// What a byte adds to the hash of a word; 0: it is not in words. Bytes of other letters than
// English ones are, so that a word of any script is one.
constexpr std::array<char, 256> kInWord = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    const char as_char = static_cast<char>(c);
    if (letter(as_char) || as_char == '\'') table[c] = lower(as_char);
  }
  return table;
}();
char in_word(char c) { return kInWord[static_cast<unsigned char>(c)]; }

// The words so far, by hash, with the part of the prompt that had each first.
class SeenWords {
 public:
  // The part that `hash` was first seen in; `part` itself when that is now.
  int first_part(std::uint32_t hash, int part) {
    const std::uint32_t key = hash & ~kPart;
    std::size_t slot = (hash >> 8) & (kSlots - 1);
    while (slots_[slot] != 0 && (slots_[slot] & ~kPart) != key) slot = (slot + 1) & (kSlots - 1);
    if (slots_[slot] == 0) {
      slots_[slot] = key | (static_cast<std::uint32_t>(part) + 1);
      ++distinct_;
    }
    return static_cast<int>(slots_[slot] & kPart) - 1;
  }
  std::size_t distinct() const { return distinct_; }

 private:
  // More than there are words: one takes two of kMostBytes at least.
  static constexpr std::size_t kSlots = 2048;
  static constexpr std::uint32_t kPart = 15;  // bits of a slot; the others are the hash's
  static_assert(kMostChoices + 1 < kPart && kMostBytes / 2 < kSlots);
  std::array<std::uint32_t, kSlots> slots_{};
  std::size_t distinct_ = 0;
};

class Counter {
 public:
  explicit Counter(std::string_view text) : text_(text) {}

  void count() {
    while (at_ < text_.size()) {
      if (choice_begins()) begin_choice();
      const char c = text_[at_];
      if (letter(c)) {
        word();
      } else if (digit(c)) {
        number();
      } else {
        sign(c);
        ++at_;
      }
    }
    end_choice();
  }

  PromptFeatures features(std::size_t length) const;

 private:
  using W = PromptWord;

  bool choice_begins() const {
    return choices_ < kMostChoices && at_ > 0 && text_[at_ - 1] == '\n' && at_ + 2 < text_.size() &&
           text_[at_] >= 'A' && text_[at_] <= 'J' &&
           (text_[at_ + 1] == '.' || text_[at_ + 1] == ')') && text_[at_ + 2] == ' ';
  }
  void begin_choice() {
    end_choice();
    if (choices_ == 0) question_bytes_ = at_ - 1;
    ++choices_;
    at_ += 2;
    choice_from_ = at_ + 1;
    choice_letters_ = 0;
    sentence_begins_ = true;
  }
  void end_choice() {
    if (choices_ == 0) {
      question_bytes_ = at_;
      return;
    }
    const std::size_t bytes = at_ > choice_from_ ? at_ - choice_from_ : 0;
    longest_choice_ = std::max(longest_choice_, bytes);
    shortest_choice_ = choices_ == 1 ? bytes : std::min(shortest_choice_, bytes);
    choice_bytes_ += bytes;
    if (choice_letters_ < 2) ++number_choices_;
  }

  void word();
  void note(W kind, std::uint32_t hash);
  void number();
  void sign(char c);
  bool in_question() const { return choices_ == 0; }

  std::string_view text_;
  std::size_t at_ = 0;
  SeenWords seen_;
  W last_ = W::other;
  bool sentence_begins_ = true;
  std::array<std::size_t, 17> kinds_{};  // of words in the question, by PromptWord
  std::size_t words_ = 0, letters_ = 0, long_words_ = 0, function_words_ = 0, capitals_ = 0,
              proper_names_ = 0, numbers_ = 0, digits_ = 0, years_ = 0, operators_ = 0,
              parentheses_ = 0, commas_ = 0, quotes_ = 0, lines_ = 0, non_ascii_ = 0, code_ = 0,
              money_ = 0, roman_ = 0, statements_ = 0, percents_ = 0;
  std::size_t sentences_ = 0, blanks_ = 0, how_many_ = 0, question_bytes_ = 0;
  char last_sign_ = 0;  // of the question
  std::size_t choices_ = 0, choice_from_ = 0, choice_bytes_ = 0, longest_choice_ = 0,
              shortest_choice_ = 0, number_choices_ = 0, choice_letters_ = 0, choice_words_ = 0,
              repeats_ = 0, echoes_ = 0;
};

void Counter::word() {
  const std::size_t from = at_;
  std::uint32_t hash = kWordSeed;
  for (char c = 0; at_ < text_.size() && (c = in_word(text_[at_])) != 0; ++at_)
    hash = add_letter(hash, c);
  const std::size_t size = at_ - from;
  const bool capital = upper(text_[from]);
  ++words_;
  letters_ += size;
  choice_letters_ += size;
  long_words_ += size > 9 ? 1 : 0;
  capitals_ += capital ? 1 : 0;
  proper_names_ += capital && !sentence_begins_ ? 1 : 0;
  non_ascii_ += static_cast<signed char>(text_[from]) < 0 ? 1 : 0;
  roman_ += size == 2 && text_[from] == 'I' && text_[from + 1] == 'I' ? 1 : 0;
  sentence_begins_ = false;
  if (in_question()) last_sign_ = 0;
  note(prompt_word(hash), hash);
}

void Counter::note(W kind, std::uint32_t hash) {
  const int part = static_cast<int>(choices_);
  const int first = seen_.first_part(hash, part);
  statements_ += kind == W::statement ? 1 : 0;
  percents_ += kind == W::percent ? 1 : 0;
  function_words_ += kind == W::function ? 1 : 0;
  if (in_question()) {
    ++kinds_[static_cast<std::size_t>(kind)];
    how_many_ += kind == W::many && last_ == W::how ? 1 : 0;
  } else if (kind != W::function) {
    ++choice_words_;
    repeats_ += first > 0 && first < part ? 1 : 0;
    echoes_ += first == 0 ? 1 : 0;
  }
  last_ = kind;
}

void Counter::number() {
  const std::size_t from = at_;
  while (at_ < text_.size() &&
         (digit(text_[at_]) || ((text_[at_] == ',' || text_[at_] == '.') &&
                                at_ + 1 < text_.size() && digit(text_[at_ + 1])))) {
    digits_ += digit(text_[at_]) ? 1 : 0;
    ++at_;
  }
  ++numbers_;
  const bool century = text_[from] == '1' || (text_[from] == '2' && text_[from + 1] == '0');
  years_ += at_ - from == 4 && century ? 1 : 0;
  sentence_begins_ = false;
  if (in_question()) last_sign_ = 0;
}

void Counter::sign(char c) {
  const bool spaced = at_ + 1 >= text_.size() || text_[at_ + 1] == ' ' || text_[at_ + 1] == '\n';
  switch (c) {
    case '.':
    case '!':
    case '?':
      sentence_begins_ = true;
      if (in_question() && spaced) ++sentences_;
      break;
    case ',':
      ++commas_;
      break;
    case '$':
      ++money_;
      [[fallthrough]];
    case '+':
    case '*':
    case '/':
    case '=':
    case '^':
    case '<':
    case '>':
      ++operators_;
      break;
    case '%':
      ++percents_;
      ++operators_;
      break;
    case '(':
      ++parentheses_;
      break;
    case '"':
      ++quotes_;
      break;
    case '{':
    case '}':
    case ';':
    case '`':
    case '\\':
      ++code_;
      break;
    case '\n':
      ++lines_;
      break;
    case '_':
      blanks_ += in_question() ? 1 : 0;
      break;
    default:
      break;
  }
  if (in_question() && c != ' ' && c != '\n') last_sign_ = c;
}

PromptFeatures Counter::features(std::size_t length) const {
  const auto has = [this](W kind) {
    return kinds_[static_cast<std::size_t>(kind)] > 0 ? 1.0F : 0.0F;
  };
  PromptFeatures f{};
  f[at("length")] = log_of(length);
  f[at("numbers")] = log_of(numbers_);
  f[at("digits")] = share(digits_, text_.size());
  f[at("operators")] = log_of(operators_);
  f[at("parentheses")] = log_of(parentheses_);
  f[at("capitals")] = share(capitals_, words_);
  f[at("proper_names")] = share(proper_names_, words_);
  f[at("word_length")] = share(letters_, words_);
  f[at("long_words")] = share(long_words_, words_);
  f[at("function_words")] = share(function_words_, words_);
  f[at("distinct_words")] = share(seen_.distinct(), words_);
  f[at("commas")] = share(commas_, words_);
  f[at("quotes")] = quotes_ > 0 ? 1.0F : 0.0F;
  f[at("lines")] = log_of(lines_);
  f[at("non_ascii")] = share(non_ascii_, words_);
  f[at("code")] = log_of(code_);
  f[at("money")] = money_ > 0 ? 1.0F : 0.0F;
  f[at("percent")] = percents_ > 0 ? 1.0F : 0.0F;
  f[at("years")] = years_ > 0 ? 1.0F : 0.0F;
  f[at("statements")] = statements_ > 0 ? 1.0F : 0.0F;
  f[at("roman")] = roman_ > 0 ? 1.0F : 0.0F;
  f[at("question_length")] = log_of(question_bytes_);
  f[at("sentences")] = log_of(sentences_);
  f[at("no_question_mark")] = last_sign_ == '?' ? 0.0F : 1.0F;
  f[at("blank")] = blanks_ > 0 ? 1.0F : 0.0F;
  f[at("negation")] = has(W::negation);
  f[at("which_of")] = has(W::which);
  f[at("how")] = has(W::how);
  f[at("how_many")] = how_many_ > 0 ? 1.0F : 0.0F;
  f[at("why")] = has(W::why);
  f[at("what")] = has(W::what);
  f[at("who")] = has(W::who);
  f[at("when")] = has(W::when);
  f[at("where")] = has(W::where);
  f[at("if")] = has(W::condition);
  f[at("you")] = has(W::you);
  f[at("best")] = has(W::best);
  f[at("task_words")] = has(W::task);
  f[at("choices")] = static_cast<float>(choices_);
  f[at("choice_length")] = log_of(choices_ == 0 ? 0 : choice_bytes_ / choices_);
  f[at("choice_spread")] = log_of(longest_choice_ - shortest_choice_);
  f[at("choice_numbers")] = share(number_choices_, choices_);
  f[at("choice_repeats")] = share(repeats_, choice_words_);
  f[at("choice_echoes")] = share(echoes_, choice_words_);
  return f;
}

// Sets of questions end with "Answer:", which says nothing of them.
std::string_view without_cue(std::string_view text) {
  const auto trim = [&text] {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  };
  trim();
  if (text.ends_with("Answer:")) text.remove_suffix(7);
  trim();
  return text;
}

}  // namespace

PromptFeatures prompt_features(std::string_view prompt) {
  const std::string_view text = without_cue(prompt);
  Counter counter(text.substr(0, kMostBytes));
  counter.count();
  return counter.features(text_size(text).quarter_tokens);
}

}  // namespace pincer
