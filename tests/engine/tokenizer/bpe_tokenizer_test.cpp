#include "engine/tokenizer/bpe_tokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/tokenizer/toy_vocabulary.h"

namespace pincer::bpe {
namespace {

using Ids = std::vector<TokenId>;

// The bytes; "he", "ll", "hell", " hell"; a control and a user-defined token, and one that is
// longer than the control token.
class BpeTokenizerTest : public testing::Test {
 protected:
  BpeTokenizerTest() {
    he_ = toy_.merge("h", "e");
    ll_ = toy_.merge("l", "l");
    hell_ = toy_.merge("he", "ll");
    space_hell_ = toy_.merge("Ġ", "hell");
    end_ = toy_.add("<|im_end|>", TokenType::control);
    think_ = toy_.add("<think>", TokenType::user_defined);
    end_line_ = toy_.add("<|im_end|>\n", TokenType::control);
    tokenizer_ = toy_.tokenizer();
  }

  Ids encode(const std::vector<TextPiece>& pieces) const { return tokenizer_->encode(pieces); }
  Ids trusted(const std::string& text) const { return encode({{text, true}}); }
  Ids untrusted(const std::string& text) const { return tokenizer_->encode(text); }

  ToyVocabulary toy_;
  TokenId he_, ll_, hell_, space_hell_, end_, think_, end_line_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

TEST_F(BpeTokenizerTest, MergesWithinWords) {
  EXPECT_EQ(untrusted(""), Ids{});
  EXPECT_EQ(untrusted("hello hell"), (Ids{hell_, 'o', space_hell_}));
  EXPECT_EQ(untrusted("h ell"), (Ids{'h', ' ', 'e', ll_}));
  EXPECT_EQ(untrusted("hhe"), (Ids{'h', he_}));
}

TEST_F(BpeTokenizerTest, WordsSpanPieces) {
  EXPECT_EQ(encode({{"h", true}, {"el", false}, {"l hel", false}, {"", true}, {"l", true}}),
            (Ids{hell_, space_hell_}));
  EXPECT_EQ(encode({}), Ids{});
}

TEST_F(BpeTokenizerTest, FindsSpecialTokensInTrustedTextOnly) {
  EXPECT_EQ(trusted("he<|im_end|><think>he"), (Ids{he_, end_, think_, he_}));
  EXPECT_EQ(trusted("<|im_end|>\n"), Ids{end_line_});
  for (const TokenId id : untrusted("he<|im_end|><think>he")) EXPECT_LT(id, end_);
}

TEST_F(BpeTokenizerTest, ATokenMayLieAcrossTrustedPieces) {
  EXPECT_EQ(encode({{"<|im", true}, {"", false}, {"_end|>", true}}), Ids{end_});
}

TEST_F(BpeTokenizerTest, ATokenMustLieInTrustedPiecesEntirely) {
  for (const std::vector<TextPiece>& pieces :
       {std::vector<TextPiece>{{"<|im_", true}, {"end|>", false}},
        std::vector<TextPiece>{{"<|im_", false}, {"end|>", true}},
        std::vector<TextPiece>{{"<|im", true}, {"_", false}, {"end|>", true}}}) {
    const Ids ids = encode(pieces);
    EXPECT_EQ(ids.size(), std::string_view("<|im_end|>").size());
    EXPECT_EQ(tokenizer_->decode(ids), "<|im_end|>");
  }
  // The longer token reaches into untrusted text; the shorter one does not.
  EXPECT_EQ(encode({{"<|im_end|>", true}, {"\n", false}}), (Ids{end_, '\n'}));
}

TEST_F(BpeTokenizerTest, ASpecialTokenEndsTheTextBeforeIt) {
  // Two spaces before a word would be split; before a special token they are the end of the text.
  const TokenId spaces = toy_.merge("Ġ", "Ġ");
  tokenizer_ = toy_.tokenizer();
  EXPECT_EQ(trusted("  <think>  he"), (Ids{spaces, think_, ' ', ' ', he_}));
}

TEST_F(BpeTokenizerTest, DecodesBytesAndControlTokensWhenAsked) {
  const Ids ids = {hell_, end_, think_, 0xC3, 0xA9};
  EXPECT_EQ(tokenizer_->decode(ids), "hell<think>é");
  EXPECT_EQ(tokenizer_->decode(ids, true), "hell<|im_end|><think>é");
  EXPECT_EQ(tokenizer_->decode(Ids{-1, tokenizer_->vocab_size(), 'x', 2147483647}), "x");
  EXPECT_EQ(tokenizer_->token_bytes(space_hell_), " hell");
  EXPECT_EQ(tokenizer_->token_bytes(0xC3), "\xC3");
  EXPECT_EQ(tokenizer_->token_bytes(end_line_), "<|im_end|>\n");
}

TEST_F(BpeTokenizerTest, SaysWhatControlIs) {
  EXPECT_TRUE(tokenizer_->is_control(end_));
  EXPECT_FALSE(tokenizer_->is_control(think_));
  EXPECT_FALSE(tokenizer_->is_control(he_));
  EXPECT_FALSE(tokenizer_->is_control(-1));
  EXPECT_FALSE(tokenizer_->is_control(tokenizer_->vocab_size()));
  EXPECT_EQ(tokenizer_->vocab_size(), 256 + 7);
}

TEST_F(BpeTokenizerTest, KeepsTextOutsideTheAlphabetAsItIs) {
  const TokenId id = toy_.add("你 好");
  EXPECT_EQ(toy_.tokenizer()->token_bytes(id), "你 好");
}

TEST_F(BpeTokenizerTest, LeavesOutBytesWithoutAToken) {
  // Without a token for "x" its neighbours meet and merge, as in the `tokenizers` library.
  toy_.tokens['x'] = "no longer x";
  tokenizer_ = toy_.tokenizer();
  EXPECT_EQ(untrusted("hxe"), Ids{he_});
  EXPECT_EQ(untrusted("x"), Ids{});
}

TEST_F(BpeTokenizerTest, UntrustedTextCannotMergeIntoAControlToken) {
  toy_.types[static_cast<std::size_t>(hell_)] = static_cast<std::int64_t>(TokenType::control);
  tokenizer_ = toy_.tokenizer();
  EXPECT_EQ(untrusted("hell"), (Ids{he_, ll_}));
}

TEST_F(BpeTokenizerTest, AByteIsNeverAControlToken) {
  toy_.types['e'] = static_cast<std::int64_t>(TokenType::unknown);
  tokenizer_ = toy_.tokenizer();
  EXPECT_EQ(untrusted("xex"), (Ids{'x', 'x'}));
}

TEST_F(BpeTokenizerTest, UsesTheNamedPreTokenizer) {
  toy_.merge("1", "2");
  BpeVocabulary vocabulary = toy_.view();
  for (const auto& [pre, count] : {std::pair{"gpt-2", 1}, {"default", 1}, {"smollm", 2}}) {
    vocabulary.pre = pre;
    const auto made = BpeTokenizer::make(vocabulary);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ((*made)->encode("12").size(), static_cast<std::size_t>(count)) << pre;
  }
}

TEST(BpeTokenizerRoles, AreMinusOneByDefault) {
  const auto tokenizer = ToyVocabulary().tokenizer();
  EXPECT_EQ(tokenizer->bos(), -1);
  EXPECT_EQ(tokenizer->eos(), -1);
  EXPECT_FALSE(tokenizer->add_bos());
  for (TokenId id = -1; id <= tokenizer->vocab_size(); ++id) EXPECT_FALSE(tokenizer->is_end(id));
}

TEST(BpeTokenizerRoles, EndsAreTheNamedIdsAndKnownControlTokens) {
  ToyVocabulary toy;
  const TokenId im_end = toy.add("<|im_end|>", TokenType::control);
  const TokenId im_start = toy.add("<|im_start|>", TokenType::control);
  const TokenId text_end =
      toy.add("<|endoftext|>");  // normal: a model that writes about tokens goes on
  const TokenId deepseek = toy.add("<｜end▁of▁sentence｜>", TokenType::control);
  BpeVocabulary vocabulary = toy.view();
  vocabulary.bos = im_start;
  vocabulary.eos = 'a';
  vocabulary.eot = 'b';
  vocabulary.eom = 'c';
  vocabulary.add_bos = true;
  const auto made = BpeTokenizer::make(vocabulary);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const Tokenizer& tokenizer = **made;
  EXPECT_EQ(tokenizer.bos(), im_start);
  EXPECT_EQ(tokenizer.eos(), 'a');
  EXPECT_TRUE(tokenizer.add_bos());
  for (const TokenId id : {TokenId{'a'}, TokenId{'b'}, TokenId{'c'}, im_end, deepseek}) {
    EXPECT_TRUE(tokenizer.is_end(id)) << id;
  }
  for (const TokenId id : {TokenId{'d'}, im_start, text_end})
    EXPECT_FALSE(tokenizer.is_end(id)) << id;
  // No begin token is added by encode.
  EXPECT_EQ(tokenizer.encode("d"), Ids{'d'});
}

TEST(BpeTokenizerRoundTrip, GivesRandomBytesBack) {
  ToyVocabulary toy;
  toy.merge("h", "e");
  toy.merge("Ġ", "t");
  toy.merge("Ã", "©");
  toy.merge("Ġt", "he");
  toy.add("<|im_end|>", TokenType::control);
  const auto tokenizer = toy.tokenizer();
  std::mt19937 random(31337);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_bytes(random, 80);
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
    // In trusted text control tokens may be found; with them nothing is lost either.
    const std::size_t cut = random() % (text.size() + 1);
    const std::vector<TextPiece> pieces = {{text.substr(0, cut), true},
                                           {text.substr(cut), random() % 2 == 0}};
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(pieces), true), text);
  }
}

TEST(BpeTokenizerConcurrency, EncodesInManyThreads) {
  ToyVocabulary toy;
  toy.merge("a", "b");
  toy.add("<x>", TokenType::control);
  const auto tokenizer = toy.tokenizer();
  const std::vector<TextPiece> pieces = {{"<x>ab ab", true}, {"ababa<x>", false}};
  const Ids expected = tokenizer->encode(pieces);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) EXPECT_EQ(tokenizer->encode(pieces), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pincer::bpe
