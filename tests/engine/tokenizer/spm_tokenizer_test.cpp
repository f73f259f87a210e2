#include "engine/tokenizer/spm_tokenizer.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/tokenizer/toy_vocabulary.h"

namespace pincer::bpe {
namespace {

using Ids = std::vector<TokenId>;

// Pieces with falling scores, as they are added; the bytes come last.
struct ToySpm {
  ToySpm() {
    unknown = add("<unk>", TokenType::unknown);
    bos = add("<bos>", TokenType::control);
    turn = add("<end_of_turn>", TokenType::control);
  }

  TokenId add(std::string text, TokenType type = TokenType::normal) {
    tokens.push_back(std::move(text));
    types.push_back(static_cast<std::int64_t>(type));
    scores.push_back(-static_cast<double>(tokens.size()));
    return static_cast<TokenId>(tokens.size() - 1);
  }

  void add_bytes() {
    constexpr char kHex[] = "0123456789ABCDEF";
    first_byte = static_cast<TokenId>(tokens.size());
    for (int byte = 0; byte < 256; ++byte) {
      add(std::string("<0x") + kHex[byte / 16] + kHex[byte % 16] + ">", TokenType::byte);
    }
  }

  SpmVocabulary view() const {
    SpmVocabulary vocabulary;
    vocabulary.tokens = tokens;
    vocabulary.token_types = types;
    vocabulary.scores = scores;
    vocabulary.bos = bos;
    vocabulary.add_space_prefix = prefix;
    return vocabulary;
  }

  std::shared_ptr<const Tokenizer> tokenizer() const {
    auto made = SpmTokenizer::make(view());
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made ? *made : nullptr;
  }

  Ids encode(const std::string& text) const { return tokenizer()->encode(text); }

  Ids encode_trusted(const std::string& text) const {
    const TextPiece piece{text, true};
    return tokenizer()->encode(std::span(&piece, 1));
  }

  std::vector<std::string> tokens;
  std::vector<std::int64_t> types;
  std::vector<double> scores;
  TokenId unknown, bos, turn, first_byte = -1;
  bool prefix = false;
};

TEST(SpmTokenizer, MergesTheGreatestScoreFirst) {
  ToySpm toy;
  const TokenId bc = toy.add("bc");
  const TokenId ab = toy.add("ab");
  const TokenId a = toy.add("a"), b = toy.add("b"), c = toy.add("c");
  EXPECT_EQ(toy.encode("abc"), (Ids{a, bc}));
  EXPECT_EQ(toy.encode("ab"), Ids{ab});
  EXPECT_EQ(toy.encode("cba"), (Ids{c, b, a}));
}

TEST(SpmTokenizer, MergesTheLeftmostOfEqualScores) {
  ToySpm toy;
  const TokenId aa = toy.add("aa"), a = toy.add("a");
  EXPECT_EQ(toy.encode("aaaaa"), (Ids{aa, aa, a}));
  const TokenId ab = toy.add("ab"), ba = toy.add("ba");
  toy.scores[static_cast<std::size_t>(ba)] = toy.scores[static_cast<std::size_t>(ab)];
  const TokenId b = toy.add("b");
  EXPECT_EQ(toy.encode("bab"), (Ids{ba, b}));
}

TEST(SpmTokenizer, JoinsCharactersThatAreNoTokens) {
  ToySpm toy;
  const TokenId word = toy.add("éö");
  EXPECT_EQ(toy.encode("éö"), Ids{word});
}

TEST(SpmTokenizer, WritesSpacesAsSpaces) {
  ToySpm toy;
  const TokenId hi = toy.add("▁hi"), space = toy.add("▁"), h = toy.add("h"), i = toy.add("i");
  toy.add("hi");  // a lower score: " hi" is "▁" and "hi" only if nothing is better
  const TokenId space_h = toy.add("▁h");
  toy.scores[static_cast<std::size_t>(space_h)] = -1;
  EXPECT_EQ(toy.encode(" hi hi"), (Ids{hi, hi}));
  EXPECT_EQ(toy.encode("▁hi"), Ids{hi});
  EXPECT_EQ(toy.encode(" i h"), (Ids{space, i, space_h}));
  EXPECT_EQ(toy.encode("h"), Ids{h});
  EXPECT_EQ(toy.tokenizer()->decode(Ids{hi, space, hi}), " hi  hi");
}

TEST(SpmTokenizer, PutsASpaceInFrontWhereTheFileAsks) {
  ToySpm toy;
  const TokenId a = toy.add("▁a"), plain = toy.add("a"), space = toy.add("▁");
  EXPECT_EQ(toy.encode("a"), Ids{plain});
  toy.prefix = true;
  EXPECT_EQ(toy.encode("a"), Ids{a});
  EXPECT_EQ(toy.encode(" a"), (Ids{space, a}));
  EXPECT_EQ(toy.encode(""), Ids{});
  EXPECT_EQ(toy.encode_trusted("<bos>a<end_of_turn>"), (Ids{toy.bos, a, toy.turn}));
}

TEST(SpmTokenizer, FallsBackToBytes) {
  ToySpm toy;
  const TokenId a = toy.add("a");
  toy.add_bytes();
  const auto byte = [&](int value) { return toy.first_byte + value; };
  EXPECT_EQ(toy.encode("a\xC3\xA9"), (Ids{a, byte(0xC3), byte(0xA9)}));
  EXPECT_EQ(toy.encode("\xFFz"), (Ids{byte(0xFF), byte('z')}));
  // The name of a byte in a text is no byte.
  EXPECT_EQ(toy.tokenizer()->decode(toy.encode("<0x41>")), "<0x41>");
  EXPECT_EQ(toy.tokenizer()->token_bytes(byte('A')), "A");
}

TEST(SpmTokenizer, ARunOfUnknownCharactersIsOneToken) {
  ToySpm toy;
  const TokenId a = toy.add("a");
  EXPECT_EQ(toy.encode("a?!a?"), (Ids{a, toy.unknown, a, toy.unknown}));
}

TEST(SpmTokenizer, FindsControlTokensInTrustedTextOnly) {
  ToySpm toy;
  toy.add_bytes();
  EXPECT_EQ(toy.encode_trusted("<end_of_turn>"), Ids{toy.turn});
  for (const TokenId id : toy.encode("<end_of_turn><bos><unk>")) EXPECT_GE(id, toy.first_byte);
  // Not even when merges lead to its text.
  for (const char* piece : {"<bo", "s>", "<", "b", "o", "s", ">"}) toy.add(piece);
  for (const TokenId id : toy.encode("<bos>")) EXPECT_NE(id, toy.bos);
}

TEST(SpmTokenizer, KeepsUserDefinedTokensWholeInAnyText) {
  ToySpm toy;
  const TokenId lines = toy.add("\n\n", TokenType::user_defined);
  const TokenId line = toy.add("\n", TokenType::user_defined);
  const TokenId spaces = toy.add("  ", TokenType::user_defined);  // written with real spaces
  const TokenId a = toy.add("a"), line_a = toy.add("\na");
  toy.scores[static_cast<std::size_t>(line_a)] = 0;
  EXPECT_EQ(toy.encode("\n\n\na  a"), (Ids{lines, line, a, spaces, a}));
  EXPECT_EQ(toy.encode("▁ a"), (Ids{spaces, a}));
  EXPECT_FALSE(toy.tokenizer()->is_control(lines));
}

TEST(SpmTokenizer, HasItsRoles) {
  ToySpm toy;
  toy.add("a");
  const auto tokenizer = toy.tokenizer();
  EXPECT_EQ(tokenizer->bos(), toy.bos);
  EXPECT_TRUE(tokenizer->add_bos());  // unless the file says no
  EXPECT_TRUE(tokenizer->is_end(toy.turn));
  EXPECT_FALSE(tokenizer->is_end(toy.bos));
  SpmVocabulary vocabulary = toy.view();
  vocabulary.add_bos = false;
  EXPECT_FALSE((*SpmTokenizer::make(vocabulary))->add_bos());
  vocabulary.add_bos.reset();
  vocabulary.bos.reset();
  EXPECT_FALSE((*SpmTokenizer::make(vocabulary))->add_bos());
}

TEST(SpmTokenizer, GivesRandomBytesBack) {
  ToySpm toy;
  for (const char* piece : {"▁t", "he", "▁the", "st", "é", "▁▁", "lo"}) toy.add(piece);
  toy.add("\n\n", TokenType::user_defined);
  toy.add_bytes();
  const auto tokenizer = toy.tokenizer();
  std::mt19937 random(577);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_bytes(random, 80);
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(text)), with_spaces(text));
  }
}

// Quadratic work would run into the time limit of the tests.
TEST(SpmTokenizer, EncodesVeryLongTexts) {
  ToySpm toy;
  std::string piece = "a";
  for (int i = 0; i < 8; ++i, piece += piece) toy.add(piece);
  toy.add("▁a");
  toy.add("\n", TokenType::user_defined);
  toy.add_bytes();
  const auto tokenizer = toy.tokenizer();
  for (const char* unit : {"a", "a a", "\n", "é", " ", "\xFF"}) {
    std::string text;
    while (text.size() < 400'000) text += unit;
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text) << unit;
  }
}

Error error_of(const SpmVocabulary& vocabulary) {
  const auto made = SpmTokenizer::make(vocabulary);
  return made ? Error{ErrorCode::cancelled, "no error"} : made.error();
}

void expect_spm_error(const SpmVocabulary& vocabulary, ErrorCode code, const std::string& part) {
  const Error error = error_of(vocabulary);
  EXPECT_EQ(error.code, code);
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
}

TEST(HostileSpmVocabulary, RefusesWrongCounts) {
  ToySpm toy;
  toy.scores.pop_back();
  expect_spm_error(toy.view(), ErrorCode::corrupt,
                   "tokenizer.ggml.scores has 2 entries, but tokenizer.ggml.tokens has 3");
  expect_spm_error({}, ErrorCode::corrupt, "tokenizer.ggml.tokens has 0 entries");
}

TEST(HostileSpmVocabulary, RefusesScoresWithoutOrder) {
  ToySpm toy;
  toy.scores[1] = std::numeric_limits<double>::quiet_NaN();
  expect_spm_error(toy.view(), ErrorCode::corrupt, "tokenizer.ggml.scores[1] is not a number");
  toy.scores[1] = -std::numeric_limits<double>::infinity();
  EXPECT_TRUE(SpmTokenizer::make(toy.view()).ok());
}

TEST(HostileSpmVocabulary, RefusesBytesWithoutAName) {
  for (const char* name : {"<0x4>", "<0xZZ>", "A", "", "<0x0a>", "<0x000>"}) {
    ToySpm toy;
    toy.add(name, TokenType::byte);
    expect_spm_error(toy.view(), ErrorCode::corrupt, "tokenizer.ggml.tokens[3] is \"");
  }
}

TEST(HostileSpmVocabulary, RefusesTokensThatMakeLookUpsSlow) {
  ToySpm toy;
  toy.add(std::string(1024, 'a'));
  EXPECT_TRUE(SpmTokenizer::make(toy.view()).ok());
  toy.add(std::string(1025, 'a'));
  expect_spm_error(toy.view(), ErrorCode::unsupported, "token 4, \"aaa");
  toy.types.back() = static_cast<std::int64_t>(TokenType::user_defined);
  expect_spm_error(toy.view(), ErrorCode::unsupported, "special tokens may have up to 1024");
}

TEST(HostileSpmVocabulary, RefusesIdsOutOfRange) {
  const ToySpm toy;
  SpmVocabulary vocabulary = toy.view();
  vocabulary.unknown = 3;
  expect_spm_error(vocabulary, ErrorCode::corrupt, "tokenizer.ggml.unknown_token_id is 3");
  vocabulary = toy.view();
  vocabulary.eos = -1;
  expect_spm_error(vocabulary, ErrorCode::corrupt, "tokenizer.ggml.eos_token_id is -1");
}

TEST(HostileSpmVocabulary, TakesTheFirstOfEqualTokens) {
  ToySpm toy;
  const TokenId a = toy.add("a");
  toy.add("a");
  toy.add("<bos>", TokenType::control);
  const TokenId line = toy.add("\n", TokenType::user_defined);
  toy.add("\n", TokenType::user_defined);
  EXPECT_EQ(toy.encode_trusted("a<bos>\n"), (Ids{a, toy.bos, line}));
}

// Random damage gives an error or a tokenizer that works on its own terms, never a crash.
TEST(HostileSpmVocabulary, SurvivesRandomDamage) {
  std::mt19937 random(161803);
  int accepted = 0;
  for (int round = 0; round < 500; ++round) {
    ToySpm toy;
    for (const char* piece : {"▁t", "he", "th", "t", "h", "e"}) toy.add(piece);
    toy.add_bytes();
    for (unsigned i = random() % 3; i > 0; --i) {
      switch (random() % 3) {
        case 0:
          toy.tokens[random() % toy.tokens.size()] = random_bytes(random, 6);
          break;
        case 1:
          toy.types[random() % toy.types.size()] = static_cast<std::int64_t>(random() % 9);
          break;
        default:
          toy.scores[random() % toy.scores.size()] = static_cast<double>(random() % 5) - 2;
      }
    }
    const auto made = SpmTokenizer::make(toy.view());
    if (!made) continue;
    ++accepted;
    for (int i = 0; i < 10; ++i) {
      const std::vector<TextPiece> pieces = {{random_bytes(random, 40), true},
                                             {random_bytes(random, 40), false}};
      for (const TokenId id : (*made)->encode(pieces)) {
        ASSERT_TRUE(id >= 0 && id < (*made)->vocab_size());
      }
    }
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace pincer::bpe
