#include "server/cli/question_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "server/cli/progress.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr const char* kForm =
    R"(a line is {"question": "2 + 2 =", "choices": [" 3", " 4"], "answer": 1})";

std::vector<TokenId> encode(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<TokenId> tokens = tokenizer.encode(text);
  if (tokenizer.add_bos()) tokens.insert(tokens.begin(), tokenizer.bos());
  return tokens;
}

// The answer begins where the whole text's tokens leave the question's: a token may hold the end of
// one and the beginning of the other.
void add_choice(const Tokenizer& tokenizer, const std::string& question, const std::string& choice,
                ChoiceQuestion& out) {
  const std::vector<TokenId> before = encode(tokenizer, question);
  std::vector<TokenId> whole = encode(tokenizer, question + choice);
  const auto same = std::ranges::mismatch(before, whole).in2 - whole.begin();
  out.answer_begins.push_back(static_cast<int>(same));
  out.texts.push_back(std::move(whole));
}

Result<ChoiceQuestion> read_question(std::string_view line, const Tokenizer& tokenizer) {
  const auto no = [](std::string_view what) {
    return Error{ErrorCode::invalid_argument, fmt::format("{}; {}", what, kForm)};
  };
  boost::system::error_code bad;
  const json::value value = json::parse(line, bad);
  if (bad) return no("it is no JSON");
  const json::object* object = value.if_object();
  const json::value* question = object ? object->if_contains("question") : nullptr;
  const json::value* choices = object ? object->if_contains("choices") : nullptr;
  const json::value* answer = object ? object->if_contains("answer") : nullptr;
  if (!question || !question->is_string()) return no("'question' must be a string");
  if (!choices || !choices->is_array()) return no("'choices' must be an array of strings");
  if (!answer || !answer->is_int64()) return no("'answer' must be the number of a choice, from 0");
  const json::array& all = choices->get_array();
  const std::int64_t right = answer->get_int64();
  if (right < 0 || right >= static_cast<std::int64_t>(all.size()))
    return no(fmt::format("'answer' is {}, but there are {} choices", right, all.size()));
  ChoiceQuestion out;
  out.right = static_cast<int>(right);
  for (const json::value& choice : all) {
    if (!choice.is_string() || choice.get_string().empty())
      return no("each choice must be a string that is not empty");
    add_choice(tokenizer, std::string(question->get_string()), std::string(choice.get_string()),
               out);
  }
  return out;
}

}  // namespace

Result<std::vector<ChoiceQuestion>> read_questions(std::string_view text,
                                                   const Tokenizer& tokenizer) {
  std::vector<ChoiceQuestion> questions;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto question = read_question(line, tokenizer);
    if (!question)
      return Error{question.error().code,
                   fmt::format("line {}: {}", number, question.error().message)};
    questions.push_back(*std::move(question));
  }
  return questions;
}

Result<ChoiceScore> ask(const LoadedModel& model, const std::vector<ChoiceQuestion>& questions,
                        ChoiceScoreOptions options, const std::string& what) {
  Progress progress(what, Progress::Unit::cases);
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  return score_choices(*model.model, questions, options);
}

}  // namespace pincer
