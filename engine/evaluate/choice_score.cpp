#include "pincer/engine/choice_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/evaluate/teacher_forcing.h"

namespace pincer {
namespace {

Result<void> check(const ChoiceQuestion& question, std::size_t number, int context) {
  const auto choices = static_cast<int>(question.texts.size());
  const auto fail = [number](const std::string& what) {
    return Error{ErrorCode::invalid_argument, fmt::format("question {} {}", number + 1, what)};
  };
  if (choices < 2)
    return fail(fmt::format("has {} answers to choose from; 2 is the least", choices));
  if (question.right < 0 || question.right >= choices)
    return fail(fmt::format("has {} answers, and no answer {}", choices, question.right));
  for (std::size_t i = 0; i < question.texts.size(); ++i) {
    const auto tokens = static_cast<int>(question.texts[i].size());
    if (tokens > context)
      return fail(fmt::format("has {} tokens; the model's context is {}", tokens, context));
    if (question.answer_begins[i] < 1 || question.answer_begins[i] >= tokens)
      return fail("has an answer or a question without a token");
  }
  return {};
}

}  // namespace

Result<ChoiceScore> score_choices(const Model& model, std::span<const ChoiceQuestion> questions,
                                  const ChoiceScoreOptions& options) {
  if (questions.empty())
    return Error{ErrorCode::invalid_argument, "there is no question to be asked"};
  std::size_t longest = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (auto fine = check(questions[i], i, model.config.context); !fine) return fine.error();
    for (const auto& text : questions[i].texts) longest = std::max(longest, text.size());
  }
  auto reader =
      TeacherForcing::create(model, static_cast<int>(longest), options.kv, options.threads);
  if (!reader) return reader.error();
  ChoiceScore score;
  for (const ChoiceQuestion& question : questions) {
    std::vector<double> nll;
    for (std::size_t i = 0; i < question.texts.size(); ++i) {
      const std::span<const TokenId> text = question.texts[i];
      const int begin = question.answer_begins[i];
      (*reader)->show(text);
      nll.push_back((*reader)->negative_log_likelihood(
          begin - 1, text.subspan(static_cast<std::size_t>(begin))));
    }
    score.chosen.push_back(static_cast<int>(std::ranges::min_element(nll) - nll.begin()));
    score.right += score.chosen.back() == question.right ? 1 : 0;
    if (options.progress) {
      options.progress(static_cast<std::int64_t>(score.chosen.size()),
                       static_cast<std::int64_t>(questions.size()));
    }
  }
  return score;
}

std::int64_t same_choices(const ChoiceScore& a, const ChoiceScore& b) {
  const std::size_t count = std::min(a.chosen.size(), b.chosen.size());
  std::int64_t same = 0;
  for (std::size_t i = 0; i < count; ++i) same += a.chosen[i] == b.chosen[i] ? 1 : 0;
  return same;
}

}  // namespace pincer
