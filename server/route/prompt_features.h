// What a prompt looks like, as a few dozen numbers: what the score weighs. English words and the
// shape of the text; no tokenizer, no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace pincer {

// The table of weights names them in this order: score_weights.inc.
inline constexpr std::array<std::string_view, 44> kPromptFeatures = {
    // Of the whole prompt. Counts and lengths are logarithms of one more.
    "length", "numbers", "digits", "operators", "parentheses", "capitals", "proper_names",
    "word_length", "long_words", "function_words", "distinct_words", "commas", "quotes", "lines",
    "non_ascii", "code", "money", "percent", "years", "statements", "roman",
    // Of the question, without the choices that it offers.
    "question_length", "sentences", "no_question_mark", "blank", "negation", "which_of", "how",
    "how_many", "why", "what", "who", "when", "where", "if", "you", "best", "task_words",
    // Of the choices: "A. …" to "J. …" at the beginning of lines.
    "choices", "choice_length", "choice_spread", "choice_numbers", "choice_repeats",
    "choice_echoes"};

using PromptFeatures = std::array<float, kPromptFeatures.size()>;

// Looks at the first 2 KiB, but knows the length of all.
PromptFeatures prompt_features(std::string_view prompt);

}  // namespace pincer
