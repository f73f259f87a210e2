// libFuzzer target for grammars: the first byte says which notation, the rest is the text. What
// compiles is run over random tokens. Needs clang, libfmt, libutf8proc and libxxhash:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
//   -I. -Iengine/include -Ikernels/include
//     tests/fuzz/grammar_fuzz.cpp engine/grammar/*.cpp engine/generate/utf8.cpp
//     -lfmt -lutf8proc -o grammar_fuzz
//   ./grammar_fuzz -max_len=2048 -rss_limit_mb=2048 -timeout=10 corpus/
// Good seeds are the schemas and patterns of tests/golden/grammar_*.jsonl.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/grammar/constraint.h"
#include "engine/grammar/matcher.h"
#include "engine/grammar/token_trie.h"
#include "tests/engine/support/fake_tokenizer.h"

namespace {

using pincer::OutputFormat;
using pincer::TokenId;

const pincer::test::FakeTokenizer& tokenizer() {
  static const pincer::test::FakeTokenizer made = [] {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
    for (const char* text : {"{\"", "\": ", "ab", "abc", "12", "true", "\xE2\x82", "\n  "}) {
      tokens.emplace_back(text);
    }
    tokens.emplace_back("<|end|>");
    return pincer::test::FakeTokenizer(std::move(tokens));
  }();
  return made;
}

// A mask's tokens are those that the matcher takes, and there is always one.
void run(const std::shared_ptr<const pincer::Constraint>& constraint, std::mt19937 random) {
  pincer::Matcher matcher(constraint);
  for (int i = 0; i < 40 && !matcher.complete(); ++i) {
    const auto mask = matcher.mask();
    if (!mask) return;  // too much work: said so
    const std::vector<TokenId> tokens = mask->to_list();
    if (tokens.empty()) std::abort();  // every byte is a token
    const auto any =
        static_cast<TokenId>(random() % static_cast<unsigned>(tokenizer().vocab_size()));
    pincer::Matcher other = matcher;
    if (other.accept(any) != mask->test(any)) std::abort();
    if (!matcher.accept(tokens[random() % tokens.size()])) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto trie = std::make_shared<const pincer::grammar::TokenTrie>(tokenizer());
  if (size == 0) return 0;
  constexpr OutputFormat::Kind kKinds[] = {OutputFormat::Kind::json_schema,
                                           OutputFormat::Kind::gbnf, OutputFormat::Kind::regex};
  const OutputFormat format{kKinds[data[0] % 3],
                            std::string(reinterpret_cast<const char*>(data) + 1, size - 1)};
  const auto made = pincer::Constraint::make(format, trie);
  if (!made) {
    if (made.error().message.empty()) std::abort();
    return 0;
  }
  run(*made, std::mt19937(static_cast<unsigned>(size)));
  return 0;
}
