// What a grammar costs: compiling it, and a mask for each token along a text that it allows.
//
//   PINCER_TEST_MODEL=model.gguf grammar_bench
//
// Vocabularies: the model's (none without PINCER_TEST_MODEL), and one of 150,000 made-up words and
// every byte. Warm: the text was gone through before with the same constraint, as by another
// request.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/grammar/constraint.h"
#include "engine/grammar/matcher.h"
#include "engine/grammar/token_trie.h"
#include "pincer/engine/gguf.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {
namespace {

// Bytes, and words with and without a blank before them, as vocabularies have them. Encodes
// greedily.
class WordTokenizer final : public Tokenizer {
 public:
  explicit WordTokenizer(std::size_t size) {
    for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
    std::mt19937 random(1);
    const std::string letters = "etaoinshrdlucmfwypvbgkqjxzETAOIN0123456789\"{}[]:,._-\n ";
    while (tokens_.size() + 1 < size) {
      std::string word = random() % 2 == 0 ? " " : "";
      for (unsigned length = 2 + random() % 9; length > 0; --length) {
        word +=
            letters[std::min<std::size_t>(random() % letters.size(), random() % letters.size())];
      }
      add(word);
    }
    tokens_.emplace_back("<|end|>");
  }

  using Tokenizer::encode;
  std::vector<TokenId> encode(std::span<const TextPiece> pieces) const override {
    std::vector<TokenId> out;
    for (const TextPiece& piece : pieces) {
      for (std::size_t at = 0; at < piece.text.size();) {
        std::size_t length = std::min<std::size_t>(12, piece.text.size() - at);
        auto found = ids_.find(piece.text.substr(at, length));
        while (found == ids_.end()) found = ids_.find(piece.text.substr(at, --length));
        out.push_back(found->second);
        at += length;
      }
    }
    return out;
  }
  std::string_view token_bytes(TokenId id) const override {
    return tokens_[static_cast<std::size_t>(id)];
  }
  bool is_control(TokenId) const override { return false; }
  std::int32_t vocab_size() const override { return static_cast<std::int32_t>(tokens_.size()); }
  TokenId bos() const override { return -1; }
  TokenId eos() const override { return vocab_size() - 1; }
  bool add_bos() const override { return false; }
  bool is_end(TokenId id) const override { return id == eos(); }

 private:
  void add(const std::string& text) {
    if (ids_.emplace(text, static_cast<TokenId>(tokens_.size())).second) tokens_.push_back(text);
  }
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, TokenId> ids_;
};

struct Case {
  const char* name;
  OutputFormat format;
  std::string text;
};

std::vector<Case> cases() {
  using Kind = OutputFormat::Kind;
  const std::string prose =
      "The harbour was quiet in the morning, and the boats lay still until the wind came up from "
      "the south. Nobody spoke about the storm of last week, nor about what it had cost.";
  return {
      {"json_object",
       {Kind::json_object, ""},
       R"({"title": "A day", "tags": ["sea", "wind"], "count": 12, "text": ")" + prose + "\"}"},
      {"schema_record",
       {Kind::json_schema,
        R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":120},"email":{"type":"string","format":"email"},"tags":{"type":"array","items":{"enum":["a","b","c"]}}},"required":["name","age","email","tags"]})"},
       R"({"name": "Ada Lovelace", "age": 36, "email": "ada@example.com", "tags": ["a", "c"]})"},
      {"schema_bounded_string",
       {Kind::json_schema, R"({"type":"string","minLength":10,"maxLength":200})"},
       "\"" + prose + "\""},
      {"schema_recursive",
       {Kind::json_schema,
        R"({"$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},"k":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["v","k"]}},"$ref":"#/$defs/n"})"},
       R"({"v": 1, "k": [{"v": 2, "k": [{"v": 3, "k": []}]}, {"v": 4, "k": []}]})"},
      {"regex_date",
       {Kind::regex, R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)"},
       "2024-02-29T12:30:59Z"},
      {"regex_prose", {Kind::regex, "[A-Za-z ,.]+"}, prose},
      {"gbnf_list",
       {Kind::gbnf, "root ::= item+\nitem ::= \"- \" [^\\r\\n]+ \"\\n\"\n"},
       "- " + prose + "\n- the end\n"},
  };
}

using Trie = std::shared_ptr<const grammar::TokenTrie>;

std::vector<double> go_through(const std::shared_ptr<const Constraint>& constraint,
                               const std::vector<TokenId>& tokens, std::vector<float>& logits) {
  std::vector<double> micros;
  Matcher matcher(constraint);
  for (const TokenId token : tokens) {
    const auto start = std::chrono::steady_clock::now();
    const auto mask = matcher.mask();
    if (mask) mask->apply(logits);
    const bool right = mask && mask->test(token) && matcher.accept(token);
    micros.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
    if (!right) return {};
  }
  return micros;
}

void masks(benchmark::State& state, const Tokenizer& tokenizer, const Trie& trie, const Case& c,
           bool warm) {
  const std::vector<TokenId> tokens = tokenizer.encode(c.text);
  std::vector<float> logits(static_cast<std::size_t>(tokenizer.vocab_size()));
  std::vector<double> all;
  auto constraint = Constraint::make(c.format, trie);
  for (auto unused : state) {
    if (!warm) {
      state.PauseTiming();
      constraint = Constraint::make(c.format, trie);
      state.ResumeTiming();
    }
    const std::vector<double> micros =
        constraint ? go_through(*constraint, tokens, logits) : std::vector<double>();
    if (micros.empty()) {
      state.SkipWithError("the text does not match");
      return;
    }
    all.insert(all.end(), micros.begin(), micros.end());
  }
  if (all.empty()) return;
  std::sort(all.begin(), all.end());
  double sum = 0;
  for (const double m : all) sum += m;
  state.counters["tokens"] = static_cast<double>(tokens.size());
  state.counters["us_mean"] = sum / static_cast<double>(all.size());
  state.counters["us_p50"] = all[all.size() / 2];
  state.counters["us_p99"] = all[all.size() * 99 / 100];
  state.counters["us_max"] = all.back();
}

void compile(benchmark::State& state, const Trie& trie, const Case& c) {
  for (auto unused : state) {
    auto made = Constraint::make(c.format, trie);
    benchmark::DoNotOptimize(made);
  }
}

void register_all(const std::string& vocabulary,
                  const std::shared_ptr<const Tokenizer>& tokenizer) {
  const auto trie = std::make_shared<const grammar::TokenTrie>(*tokenizer);
  benchmark::RegisterBenchmark((vocabulary + "/trie").c_str(), [tokenizer](benchmark::State& s) {
    for (auto unused : s) benchmark::DoNotOptimize(grammar::TokenTrie(*tokenizer));
  })->Unit(benchmark::kMillisecond);
  for (const Case& c : cases()) {
    const std::string name = vocabulary + "/" + c.name;
    benchmark::RegisterBenchmark((name + "/compile").c_str(), [trie, c](benchmark::State& s) {
      compile(s, trie, c);
    })->Unit(benchmark::kMillisecond);
    for (const bool warm : {false, true}) {
      benchmark::RegisterBenchmark(
          (name + (warm ? "/masks_warm" : "/masks_cold")).c_str(),
          [tokenizer, trie, c, warm](benchmark::State& s) { masks(s, *tokenizer, trie, c, warm); })
          ->Unit(benchmark::kMicrosecond)
          ->Iterations(20);
    }
  }
}

bool register_vocabularies() {
  if (const char* path = std::getenv("PINCER_TEST_MODEL")) {
    const auto file = gguf::File::open(path);
    const auto tokenizer =
        file ? Tokenizer::from_gguf(*file) : Result<std::shared_ptr<const Tokenizer>>(file.error());
    if (tokenizer) register_all("model", *tokenizer);
  }
  register_all("words150k", std::make_shared<const WordTokenizer>(150'000));
  return true;
}

const bool registered = register_vocabularies();

}  // namespace
}  // namespace pincer
