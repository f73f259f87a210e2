// Formats compiled for a small vocabulary, and texts matched against them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/grammar/constraint.h"
#include "engine/grammar/matcher.h"
#include "engine/grammar/token_trie.h"
#include "pincer/engine/output_format.h"
#include "tests/engine/support/fake_tokenizer.h"

namespace pincer::test {

using Kind = OutputFormat::Kind;

// Every byte, some longer tokens as vocabularies have them, among them two with the same bytes, one
// that is longer than most and one with half a character; a control token, and the end.
inline const FakeTokenizer& small_tokenizer() {
  static const FakeTokenizer tokenizer = [] {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
    for (const char* text : {"{\"",
                             "\":",
                             "\": ",
                             "\",",
                             "\", \"",
                             "\"}",
                             "},{",
                             "],",
                             "]}",
                             "[]",
                             "{}",
                             "true",
                             "false",
                             "null",
                             "tru",
                             "12",
                             "123",
                             "0.",
                             "1e",
                             "-1",
                             "ab",
                             "abc",
                             "abcabc",
                             "na",
                             "name",
                             "name\"",
                             "\n  ",
                             "\n    ",
                             "  ",
                             "\\n",
                             "\\\"",
                             "\\u00",
                             "\xC3\xA4",
                             "\xE2\x82",
                             "\x82\xAC",
                             "\xF0\x9F\x98\x80",
                             "ab",
                             "2024-",
                             "the ",
                             " and",
                             "a\"",
                             "a\":1}",
                             "                                        ",
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
      tokens.emplace_back(text);
    }
    tokens.emplace_back("<|control|>");
    const auto control = static_cast<TokenId>(tokens.size() - 1);
    tokens.emplace_back("<|end|>");
    return FakeTokenizer(std::move(tokens), {control});
  }();
  return tokenizer;
}

inline const std::shared_ptr<const grammar::TokenTrie>& small_trie() {
  static const auto trie = std::make_shared<const grammar::TokenTrie>(small_tokenizer());
  return trie;
}

inline Result<std::shared_ptr<const Constraint>> compile(Kind kind, const std::string& text) {
  return Constraint::make({kind, text}, small_trie());
}

// Null, and the test fails, where it does not compile.
inline std::shared_ptr<const Constraint> compiled(Kind kind, const std::string& text) {
  auto made = compile(kind, text);
  EXPECT_TRUE(made.ok()) << text << "\n" << (made ? "" : made.error().message);
  return made ? *made : nullptr;
}

inline bool accepts(const std::shared_ptr<const Constraint>& constraint, std::string_view text) {
  Matcher matcher(constraint);
  return matcher.accept_bytes(text) && matcher.may_end();
}

inline void expect_texts(Kind kind, const std::string& grammar,
                         const std::vector<std::string>& right,
                         const std::vector<std::string>& wrong) {
  const auto constraint = compiled(kind, grammar);
  if (!constraint) return;
  for (const std::string& text : right)
    EXPECT_TRUE(accepts(constraint, text)) << grammar << "\n" << text;
  for (const std::string& text : wrong)
    EXPECT_FALSE(accepts(constraint, text)) << grammar << "\n" << text;
}

// The error's message contains each of `words`.
inline void expect_error(Kind kind, const std::string& grammar, ErrorCode code,
                         const std::vector<std::string>& words) {
  const auto made = compile(kind, grammar);
  ASSERT_FALSE(made.ok()) << grammar;
  EXPECT_EQ(made.error().code, code) << made.error().message;
  for (const std::string& word : words) {
    EXPECT_NE(made.error().message.find(word), std::string::npos) << made.error().message;
  }
  EXPECT_EQ(made.error().message.find('\n'), std::string::npos) << made.error().message;
}

struct Sample {
  std::string text;
  bool ended = false;  // within the most tokens
};

// Tokens picked at random from the masks. The end is taken where it is allowed, with a probability
// that grows, so that most samples end.
inline Sample sample(const std::shared_ptr<const Constraint>& constraint, std::mt19937& random,
                     int most_tokens) {
  Sample out;
  Matcher matcher(constraint);
  for (int i = 0; i < most_tokens; ++i) {
    if (matcher.complete()) {
      out.ended = true;
      return out;
    }
    const auto mask = matcher.mask();
    EXPECT_NE(mask, nullptr);
    if (!mask) return out;
    const std::vector<TokenId> tokens = mask->to_list();
    EXPECT_FALSE(tokens.empty()) << "stuck behind: " << out.text;
    if (tokens.empty()) return out;
    if (matcher.may_end() && static_cast<int>(random() % 100) < i) {
      out.ended = true;
      return out;
    }
    const TokenId token = tokens[random() % tokens.size()];
    EXPECT_TRUE(matcher.accept(token)) << token;
    if (small_tokenizer().is_end(token)) {
      out.ended = true;
      return out;
    }
    out.text += small_tokenizer().token_bytes(token);
  }
  return out;
}

}  // namespace pincer::test
