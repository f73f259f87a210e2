#include "server/cli/question_file.h"

#include <gtest/gtest.h>

#include "tests/server/support/fake_backend.h"

namespace pincer {
namespace {

using test::ByteTokenizer;
using Tokens = std::vector<TokenId>;

TEST(QuestionFile, ReadsAQuestionALine) {
  const auto questions = read_questions(
      "{\"question\": \"Q\", \"choices\": [\"ab\", \"c\"], \"answer\": 1}\r\n"
      "\n"
      "{\"question\": \"RS\", \"choices\": [\"x\", \"y\", \"z\"], \"answer\": 0}",
      ByteTokenizer());
  ASSERT_TRUE(questions) << questions.error().message;
  ASSERT_EQ(questions->size(), 2u);
  const ChoiceQuestion& first = questions->front();
  EXPECT_EQ(first.texts, (std::vector<Tokens>{{'Q', 'a', 'b'}, {'Q', 'c'}}));
  EXPECT_EQ(first.answer_begins, (std::vector<int>{1, 1}));
  EXPECT_EQ(first.right, 1);
  EXPECT_EQ((*questions)[1].answer_begins, (std::vector<int>{2, 2, 2}));
}

TEST(QuestionFile, BeginsAsTheModelsPromptsDo) {
  const auto questions = read_questions(R"({"question": "Q", "choices": ["a", "b"], "answer": 0})",
                                        ByteTokenizer(true));
  ASSERT_TRUE(questions) << questions.error().message;
  EXPECT_EQ(questions->front().texts[0], (Tokens{ByteTokenizer::kBegin, 'Q', 'a'}));
  EXPECT_EQ(questions->front().answer_begins[0], 2);
}

TEST(QuestionFile, NamesTheLineThatIsWrong) {
  const std::string good = R"({"question": "Q", "choices": ["a", "b"], "answer": 0})";
  for (const char* bad : {"{", "[]", R"({"choices": ["a", "b"], "answer": 0})",
                          R"({"question": 1, "choices": ["a", "b"], "answer": 0})",
                          R"({"question": "Q", "choices": "ab", "answer": 0})",
                          R"({"question": "Q", "choices": ["a", 2], "answer": 0})",
                          R"({"question": "Q", "choices": ["a", ""], "answer": 0})",
                          R"({"question": "Q", "choices": ["a", "b"]})",
                          R"({"question": "Q", "choices": ["a", "b"], "answer": -1})",
                          R"({"question": "Q", "choices": ["a", "b"], "answer": 2})"}) {
    const auto questions = read_questions(good + "\n" + bad + "\n", ByteTokenizer());
    ASSERT_FALSE(questions) << bad;
    EXPECT_TRUE(questions.error().message.starts_with("line 2: ")) << questions.error().message;
    EXPECT_NE(questions.error().message.find("\"choices\""), std::string::npos);
  }
}

}  // namespace
}  // namespace pincer
