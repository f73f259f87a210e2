#include <gtest/gtest.h>

#include <string>

#include "pincer/engine/gguf.h"
#include "pincer/engine/tokenizer.h"
#include "tests/engine/support/gguf_writer.h"
#include "tests/engine/tokenizer/toy_vocabulary.h"

namespace pincer {
namespace {

using bpe::TokenType;
using bpe::ToyVocabulary;
using test::GgufWriter;

Result<std::shared_ptr<const Tokenizer>> tokenizer_of(const GgufWriter& gguf) {
  const std::vector<std::byte> bytes = gguf.build();
  const auto file = gguf::File::parse(bytes, "toy.gguf");
  if (!file) {
    ADD_FAILURE() << file.error().message;
    return file.error();
  }
  return Tokenizer::from_gguf(*file);
}

void expect_gguf_error(const GgufWriter& gguf, ErrorCode code, const std::string& part) {
  const auto made = tokenizer_of(gguf);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, code);
  EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().message;
  EXPECT_EQ(made.error().message.find("toy.gguf: "), 0u) << made.error().message;
}

GgufWriter with_lists(const ToyVocabulary& toy) {
  GgufWriter gguf;
  gguf.set("tokenizer.ggml.model", "gpt2");
  gguf.set_array("tokenizer.ggml.tokens", toy.tokens)
      .set_array("tokenizer.ggml.token_type",
                 std::vector<std::int32_t>(toy.types.begin(), toy.types.end()));
  gguf.set_array("tokenizer.ggml.merges", toy.merges);
  return gguf;
}

TEST(TokenizerFromGguf, ReadsAllKeys) {
  ToyVocabulary toy;
  const TokenId twelve = toy.merge("1", "2");
  const TokenId start = toy.add("<s>", TokenType::control);
  const TokenId stop = toy.add("<stop>", TokenType::control);
  GgufWriter gguf = with_lists(toy);
  gguf.set("tokenizer.ggml.pre", "smollm");
  gguf.set("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(start));
  gguf.set("tokenizer.ggml.eos_token_id", std::uint32_t{'x'});
  gguf.set("tokenizer.ggml.eot_token_id", static_cast<std::uint32_t>(stop));
  gguf.set("tokenizer.ggml.eom_token_id", std::uint32_t{'y'});
  gguf.set("tokenizer.ggml.add_bos_token", true);
  const auto made = tokenizer_of(gguf);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const Tokenizer& tokenizer = **made;
  EXPECT_EQ(tokenizer.vocab_size(), 259);
  EXPECT_EQ(tokenizer.bos(), start);
  EXPECT_EQ(tokenizer.eos(), 'x');
  EXPECT_TRUE(tokenizer.add_bos());
  EXPECT_TRUE(tokenizer.is_end(stop));
  EXPECT_TRUE(tokenizer.is_end('y'));
  EXPECT_TRUE(tokenizer.is_control(stop));
  EXPECT_EQ(tokenizer.encode("12"), (std::vector<TokenId>{'1', '2'}));
  EXPECT_EQ(tokenizer.token_bytes(twelve), "12");
}

TEST(TokenizerFromGguf, HasDefaults) {
  ToyVocabulary toy;
  const TokenId twelve = toy.merge("1", "2");
  GgufWriter gguf = with_lists(toy);
  const auto made = tokenizer_of(gguf);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ((*made)->encode("12"), std::vector<TokenId>{twelve});
  EXPECT_EQ((*made)->bos(), -1);
  EXPECT_EQ((*made)->eos(), -1);
  EXPECT_FALSE((*made)->add_bos());
}

TEST(TokenizerFromGguf, RefusesOtherModels) {
  GgufWriter other;
  other.set("tokenizer.ggml.model", "bert");
  expect_gguf_error(other, ErrorCode::unsupported,
                    "tokenizer.ggml.model is \"bert\"; supported are gpt2, llama");
  GgufWriter none;
  expect_gguf_error(none, ErrorCode::corrupt, "tokenizer.ggml.model, a string, is missing");
}

TEST(TokenizerFromGguf, RefusesMissingLists) {
  GgufWriter gguf;
  gguf.set("tokenizer.ggml.model", "gpt2");
  expect_gguf_error(gguf, ErrorCode::corrupt,
                    "tokenizer.ggml.tokens, a list of strings, is missing");
  gguf.set_array("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
  expect_gguf_error(gguf, ErrorCode::corrupt,
                    "tokenizer.ggml.merges, a list of strings, is missing");
}

TEST(TokenizerFromGguf, RefusesKeysOfTheWrongType) {
  const ToyVocabulary toy;
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_bos_token"}) {
    GgufWriter gguf = with_lists(toy);
    gguf.set(key, "one");
    expect_gguf_error(gguf, ErrorCode::corrupt, key);
  }
  GgufWriter pre = with_lists(toy);
  pre.set("tokenizer.ggml.pre", std::uint32_t{3});
  expect_gguf_error(pre, ErrorCode::corrupt, "tokenizer.ggml.pre");
}

TEST(TokenizerFromGguf, RefusesABadTypeList) {
  for (const bool empty : {true, false}) {
    GgufWriter gguf;
    gguf.set("tokenizer.ggml.model", "gpt2")
        .set_array("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
    gguf.set_array("tokenizer.ggml.merges", std::vector<std::string>{});
    if (empty) {
      gguf.set_array("tokenizer.ggml.token_type", std::vector<std::int32_t>{});
    } else {
      gguf.set("tokenizer.ggml.token_type", "normal");
    }
    expect_gguf_error(gguf, ErrorCode::corrupt, "tokenizer.ggml.token_type");
  }
}

TEST(TokenizerFromGguf, NamesFileAndWayOut) {
  GgufWriter gguf = with_lists(ToyVocabulary());
  gguf.set("tokenizer.ggml.eos_token_id", std::uint32_t{4000000000});
  expect_gguf_error(gguf, ErrorCode::corrupt, "tokenizer.ggml.eos_token_id is 4000000000");
  expect_gguf_error(gguf, ErrorCode::corrupt, "download or convert it again");
}

}  // namespace
}  // namespace pincer
