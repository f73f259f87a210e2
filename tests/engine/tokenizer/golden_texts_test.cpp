// 2,000 strings of many scripts against transformers' tokenizers: see
// tests/golden/make_tokenizers.py.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/spm_tokenizer.h"
#include "pincer/engine/gguf.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {
namespace {

namespace json = boost::json;
using Ids = std::vector<TokenId>;
using Made = Result<std::shared_ptr<const Tokenizer>>;

const std::string kGolden = std::string(PINCER_SOURCE_DIR) + "/tests/golden/";

// FNV-1a, 32 bits, of the ids as little-endian integers, in hex.
std::string hash(const Ids& ids) {
  std::uint32_t hash = 0x811C9DC5;
  for (const TokenId id : ids) {
    for (int shift = 0; shift < 32; shift += 8) {
      hash = (hash ^ ((static_cast<std::uint32_t>(id) >> shift) & 0xFF)) * 0x01000193;
    }
  }
  char hex[9];
  std::snprintf(hex, sizeof(hex), "%08x", hash);
  return hex;
}

// A vocabulary of a tiny model with another pre-tokenizer.
Made with_pre(const gguf::File& file, const char* pre) {
  BpeVocabulary vocabulary;
  vocabulary.tokens = *file.get_strings("tokenizer.ggml.tokens");
  vocabulary.token_types = *file.get_ints("tokenizer.ggml.token_type");
  vocabulary.merges = *file.get_strings("tokenizer.ggml.merges");
  vocabulary.pre = pre;
  return BpeTokenizer::make(vocabulary);
}

Made with_space_prefix(const gguf::File& file) {
  SpmVocabulary vocabulary;
  vocabulary.tokens = *file.get_strings("tokenizer.ggml.tokens");
  vocabulary.token_types = *file.get_ints("tokenizer.ggml.token_type");
  vocabulary.scores = *file.get_floats("tokenizer.ggml.scores");
  return SpmTokenizer::make(vocabulary);
}

struct Column {
  const char* name;
  const char* file;  // in tests/golden; null: where PINCER_TEST_GEMMA says
  Made (*make)(const gguf::File& file);
};

constexpr Column kColumns[] = {
    {"gpt-2", "tiny-llama.gguf", [](const gguf::File& f) { return with_pre(f, "gpt-2"); }},
    {"smollm", "tiny-llama.gguf", [](const gguf::File& f) { return with_pre(f, "smollm"); }},
    {"llama-bpe", "tiny-llama.gguf", Tokenizer::from_gguf},
    {"qwen2", "tiny-qwen2.gguf", Tokenizer::from_gguf},
    {"spm", "tiny-gemma3.gguf", Tokenizer::from_gguf},
    {"spm-prefix", "tiny-gemma3.gguf", with_space_prefix},
    {"gemma", nullptr, Tokenizer::from_gguf},
};

class GoldenTexts : public testing::TestWithParam<Column> {
 protected:
  void SetUp() override {
    const char* gemma = std::getenv("PINCER_TEST_GEMMA");
    if (GetParam().file == nullptr && gemma == nullptr) {
      GTEST_SKIP() << "set PINCER_TEST_GEMMA to the Gemma 3 270M Q4_K_M file";
    }
    const auto file =
        gguf::File::open(GetParam().file == nullptr ? gemma : kGolden + GetParam().file);
    ASSERT_TRUE(file.ok()) << file.error().message;
    const Made made = GetParam().make(*file);
    ASSERT_TRUE(made.ok()) << made.error().message;
    tokenizer_ = *made;
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
};

TEST_P(GoldenTexts, HaveTheReferencesIds) {
  std::ifstream in(kGolden + "tokenizers.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  const json::value head = json::parse(line);
  const json::array& names = head.at("columns").as_array();
  std::size_t column = 0;
  while (column < names.size() && names[column] != GetParam().name) ++column;
  ASSERT_LT(column, names.size());
  int lines = 0, wrong = 0;
  for (; std::getline(in, line); ++lines) {
    const json::value value = json::parse(line);
    const auto text = json::value_to<std::string>(value.at("text"));
    const Ids ids = tokenizer_->encode(text);
    if (const json::value* full = value.as_object().if_contains("ids")) {
      EXPECT_EQ(ids, json::value_to<Ids>(full->at(column))) << text;
    }
    if (hash(ids) == json::value_to<std::string>(value.at("hashes").at(column))) continue;
    if (++wrong <= 20) ADD_FAILURE() << "line " << lines + 2 << ": " << text;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(lines, 2000);
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, GoldenTexts, testing::ValuesIn(kColumns), [](const auto& one) {
  std::string name;
  for (const char* c = one.param.name; *c != 0; ++c) {
    if (*c != '-') name += *c;
  }
  return name;
});

}  // namespace
}  // namespace pincer::bpe
