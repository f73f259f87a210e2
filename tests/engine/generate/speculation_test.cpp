// Speculation changes how fast tokens come, and nothing else: every test compares with the same
// generation without it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "engine/generate/choose_tokens.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "pincer/engine/engine.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

// A text that repeats itself with changes: something for prompt lookup to find.
std::vector<TokenId> repetitive(int length, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> tokens;
  while (static_cast<int>(tokens.size()) < length) {
    const TokenId token = tokens.size() > 12 && random() % 4 != 0
                              ? tokens[tokens.size() - 12]
                              : static_cast<TokenId>(random() % 250);
    tokens.push_back(token);
  }
  return tokens;
}

GenerationRequest request_for(std::vector<TokenId> prompt, int max_tokens) {
  GenerationRequest r;
  r.prompt = std::move(prompt);
  r.sampling.temperature = 0;
  r.max_tokens = max_tokens;
  r.ignore_end = true;
  r.want_logprobs = true;
  r.top_logprobs = 2;
  r.stream = std::make_shared<TokenStream>();
  return r;
}

struct SpeculatedOutput {
  std::vector<GeneratedToken> tokens;
  Finish finish;
  std::vector<TokenId> ids() const {
    std::vector<TokenId> out;
    for (const GeneratedToken& t : tokens) out.push_back(t.id);
    return out;
  }
};

void expect_same(const SpeculatedOutput& with, const SpeculatedOutput& without) {
  ASSERT_EQ(with.ids(), without.ids());
  EXPECT_EQ(with.finish.reason, without.finish.reason);
  EXPECT_EQ(with.finish.generated_tokens, without.finish.generated_tokens);
  EXPECT_EQ(without.finish.drafted, 0);
  for (std::size_t i = 0; i < with.tokens.size(); ++i) {
    const Logprobs &a = with.tokens[i].logprobs, &b = without.tokens[i].logprobs;
    EXPECT_EQ(a.chosen, b.chosen) << i;  // to the last bit
    ASSERT_EQ(a.top.size(), b.top.size());
    for (std::size_t j = 0; j < a.top.size(); ++j) {
      EXPECT_EQ(a.top[j].token, b.top[j].token);
      EXPECT_EQ(a.top[j].logprob, b.top[j].logprob);
    }
  }
}

class SpeculationTest : public testing::Test {
 protected:
  static test::TinyShape shape(unsigned seed = 1, int layers = 2) {
    test::TinyShape s;
    s.context = 4096;
    s.seed = seed;
    s.layers = layers;
    return s;
  }
  std::unique_ptr<Engine> start(EngineOptions options,
                                const std::shared_ptr<const Model>& model = {}) {
    options.threads = 2;
    auto engine = Engine::start(model ? model : model_.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }
  // Whether it pays is not asked: what is proposed does not depend on how fast the machine is.
  static EngineOptions always() {
    EngineOptions options;
    options.draft_tokens = 7;
    return options;
  }
  std::unique_ptr<Engine> without(EngineOptions options = {}) {
    options.speculation = Speculation::off;
    return start(options);
  }
  // A model is its own best draft; another random one is hardly ever right.
  EngineOptions drafting(std::shared_ptr<const Model> draft) {
    EngineOptions options = always();
    options.draft = std::move(draft);
    return options;
  }
  std::shared_ptr<TokenStream> submit(Engine& engine, GenerationRequest request) {
    auto stream = request.stream;
    const auto submitted = engine.submit(std::move(request));
    if (!submitted) throw std::runtime_error(submitted.error().message);
    return stream;
  }
  static SpeculatedOutput collect(TokenStream& stream) {
    SpeculatedOutput out;
    while (true) {
      TokenStream::News news = stream.wait();
      for (GeneratedToken& t : news.tokens) out.tokens.push_back(std::move(t));
      if (!news.finish) continue;
      out.finish = *news.finish;
      return out;
    }
  }
  SpeculatedOutput run(Engine& engine, GenerationRequest request) {
    return collect(*submit(engine, std::move(request)));
  }

  test::TemporaryFolder folder_, other_folder_;
  LoadedModel model_ = test::load_tiny(folder_.path(), shape());
  LoadedModel other_ = test::load_tiny(other_folder_.path(), shape(7, 1));
};

TEST_F(SpeculationTest, GreedyOutputIsTheSame) {
  const auto plain = without();
  const std::unique_ptr<Engine> engines[] = {start(always()), start(drafting(model_.model)),
                                             start(drafting(other_.model))};
  for (const auto& engine : engines) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
      const auto make = [&] {
        return request_for(repetitive(20 + 9 * static_cast<int>(seed), seed), 120);
      };
      SCOPED_TRACE(seed);
      expect_same(run(*engine, make()), run(*plain, make()));
    }
    EXPECT_GT(engine->stats().drafted, 50);
  }
  EXPECT_GT(engines[0]->stats().accepted, 50) << "nothing was accepted, so this test shows little";
  EXPECT_GT(engines[1]->stats().accepted, engines[1]->stats().drafted * 9 / 10);
  EXPECT_LT(engines[0]->stats().steps, plain->stats().steps);
}

// The same random numbers are drawn for the same places.
TEST_F(SpeculationTest, SampledOutputIsTheSameForTheSameSeed) {
  const auto plain = without();
  const std::unique_ptr<Engine> engines[] = {start(always()), start(drafting(model_.model)),
                                             start(drafting(other_.model))};
  const auto make = [](unsigned seed) {
    GenerationRequest r = request_for(repetitive(60, seed), 100);
    r.sampling.temperature = seed % 2 == 0 ? 0.3f : 1.0f;
    r.sampling.top_k = seed % 3 == 0 ? 0 : 20;
    r.sampling.seed = seed;
    if (seed % 4 == 1) {
      r.sampling.repetition_penalty = 1.3f;
      r.sampling.frequency_penalty = 0.2f;
      r.sampling.presence_penalty = 0.1f;
      r.sampling.penalty_window = 30;
    }
    if (seed % 4 == 2) r.sampling.logit_bias = {{65, 4.0f}, {66, -100.0f}};
    return r;
  };
  for (const auto& engine : engines) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
      SCOPED_TRACE(seed);
      expect_same(run(*engine, make(seed)), run(*plain, make(seed)));
    }
    EXPECT_GT(engine->stats().drafted, 0);
  }
  // Common random numbers: where the models agree, so do the draws, at any temperature.
  EXPECT_GT(engines[1]->stats().accepted, engines[1]->stats().drafted * 9 / 10);
}

TEST_F(SpeculationTest, EndsWhereItWouldHaveEnded) {
  const auto plain = without();
  const std::vector<TokenId> prompt = repetitive(50, 3);
  const std::vector<TokenId> all = run(*plain, request_for(prompt, 100)).ids();
  for (const bool model : {false, true}) {
    const EngineOptions base = model ? drafting(model_.model) : always();
    const auto engine = start(base);
    for (int most = 1; most <= 24; ++most) {  // max_tokens
      const SpeculatedOutput out = run(*engine, request_for(prompt, most));
      EXPECT_EQ(out.ids(), std::vector<TokenId>(all.begin(), all.begin() + most));
      EXPECT_EQ(out.finish.reason, FinishReason::length);
    }
    for (const std::size_t place : {5u, 20u, 61u, 80u}) {  // an end token
      EngineOptions options = base;
      options.end_tokens = {all[place]};
      const auto stopping = start(options);
      GenerationRequest r = request_for(prompt, 100);
      r.ignore_end = false;
      const SpeculatedOutput out = run(*stopping, std::move(r));
      const auto first = std::find(all.begin(), all.end(), all[place]);
      EXPECT_EQ(out.ids(), std::vector<TokenId>(all.begin(), first));
      EXPECT_EQ(out.finish.reason, FinishReason::stop);
    }
    for (int more = 1; more <= 20; more += 3) {  // the context
      EngineOptions options = base;
      options.context = 50 + more;
      const SpeculatedOutput out = run(*start(options), request_for(prompt, -1));
      EXPECT_EQ(out.ids(), std::vector<TokenId>(all.begin(), all.begin() + more));
      EXPECT_EQ(out.finish.reason, FinishReason::length);
    }
  }
}

TEST_F(SpeculationTest, ADraftModelOfAnotherVocabularyIsRefused) {
  Model other = *model_.model;
  other.config.vocab -= 1;
  other.config.name = "small";
  const auto engine = Engine::start(model_.model, drafting(std::make_shared<Model>(other)));
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(engine.error().message.find("vocabulary"), std::string::npos) << engine.error().message;
  EXPECT_NE(engine.error().message.find("small"), std::string::npos) << engine.error().message;
}

// What is left in the prefix cache after wrong guesses is what would be there without them.
TEST_F(SpeculationTest, WhatOthersFindInThePrefixCacheIsRight) {
  EngineOptions alone;
  alone.prefix_cache = false;
  const auto plain = without(alone);
  for (const auto& engine : {start(always()), start(drafting(other_.model))}) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
      std::vector<TokenId> prompt = repetitive(45, seed);
      for (int turn = 0; turn < 3; ++turn) {
        const SpeculatedOutput out = run(*engine, request_for(prompt, 50));
        expect_same(out, run(*plain, request_for(prompt, 50)));
        EXPECT_EQ(out.finish.cached_tokens > 0, turn > 0);
        for (const GeneratedToken& t : out.tokens) prompt.push_back(t.id);
        prompt.push_back(static_cast<TokenId>(turn));
      }
    }
    EXPECT_LT(engine->stats().accepted, engine->stats().drafted) << "no guess was wrong";
  }
}

TEST_F(SpeculationTest, ByItselfItProposesWhatPays) {
  const auto engine = start({}), plain = without();
  // What pays is learnt from how long steps took: where others had the cores, that takes longer.
  for (unsigned seed = 1; seed <= 6 || (engine->stats().accepted == 0 && seed <= 60); ++seed) {
    const auto make = [&] { return request_for(repetitive(100, seed), 200); };
    expect_same(run(*engine, make()), run(*plain, make()));
  }
  EXPECT_GT(engine->stats().accepted, 0);
}

TEST_F(SpeculationTest, WithoutItNothingIsProposed) {
  const auto plain = without(drafting(model_.model));
  run(*plain, request_for(repetitive(50, 3), 60));
  EXPECT_EQ(plain->stats().drafted, 0);
}

class SpeculationConcurrency : public SpeculationTest {};

TEST_F(SpeculationConcurrency, ABatchGivesWhatEachGivesAlone) {
  std::vector<SpeculatedOutput> alone;
  const auto make = [](int i) {
    GenerationRequest r = request_for(repetitive(20 + 17 * i, static_cast<unsigned>(i)), 60);
    r.sampling.temperature = i % 2 == 0 ? 0.0f : 0.4f;
    r.sampling.seed = static_cast<std::uint64_t>(i);
    return r;
  };
  const auto plain = without();
  for (int i = 0; i < 10; ++i) alone.push_back(run(*plain, make(i)));
  for (const bool model : {false, true}) {
    EngineOptions options = model ? drafting(model_.model) : always();
    options.max_active = 4;
    options.kv_bytes = 24 * KvCache::block_bytes(*model_.model);  // with preemption
    const auto engine = start(options);
    std::vector<std::shared_ptr<TokenStream>> streams;
    for (int i = 0; i < 10; ++i) streams.push_back(submit(*engine, make(i)));
    for (std::size_t i = 0; i < streams.size(); ++i) {
      SCOPED_TRACE(i);
      expect_same(collect(*streams[i]), alone[i]);
    }
    EXPECT_GT(engine->stats().accepted, 0);
    EXPECT_TRUE(engine->idle());
  }
}

TEST_F(SpeculationConcurrency, CancelledInTheMiddleLeavesNothingBehind) {
  for (const bool model : {false, true}) {
    EngineOptions options = model ? drafting(model_.model) : always();
    options.max_active = 4;
    const auto engine = start(options);
    for (int round = 0; round < 10; ++round) {
      std::vector<std::shared_ptr<TokenStream>> streams;
      for (int i = 0; i < 4; ++i) {
        streams.push_back(
            submit(*engine, request_for(repetitive(40, static_cast<unsigned>(i)), 2000)));
      }
      for (const auto& s : streams) {
        while (s->wait().tokens.empty()) {
        }
        s->cancel();
      }
      for (const auto& s : streams) {
        EXPECT_EQ(collect(*s).finish.reason, FinishReason::cancelled);
      }
    }
    run(*engine, request_for({1, 2, 3}, 1));
    EXPECT_EQ(engine->stats().in_flight, 0);
  }
}

// Any proposals, right and wrong ones, through the forward pass and the verification: the tokens
// are those of one row a step. The slots of wrong ones are overwritten, in both cache formats.
void fuzz_verification(const LoadedModel& loaded, unsigned seed) {
  std::mt19937 random(seed);
  const Model& model = *loaded.model;
  constexpr int kBlocks = 8, kTokens = 120, kMost = 11;
  Arena arena(1);
  GenerationRequest request =
      request_for(repetitive(1 + static_cast<int>(random() % 70), seed), -1);
  request.sampling.temperature = seed % 2 == 0 ? 0.0f : 0.9f;
  request.sampling.seed = seed;
  std::vector<TokenId> truth;
  for (const bool guess : {false, true}) {
    auto cache = KvCache::create(model, kBlocks * KvCache::block_bytes(model));
    ASSERT_TRUE(cache.ok());
    Forward forward(model, *cache, arena, 128);
    GenerationRequest copy;
    copy.prompt = request.prompt;
    copy.sampling = request.sampling;
    Sequence s(std::move(copy));
    std::vector<int> blocks;
    for (int b = 0; b < kBlocks; ++b) blocks.push_back(cache->take());
    while (s.generated() < kTokens) {
      TokenChoice choice{&s, 0, 0, static_cast<int>(s.tokens.size()), {}, 0};
      const auto done = static_cast<std::size_t>(s.generated());
      if (guess) {
        const int right = static_cast<int>(random() % kMost);
        for (int i = 0; i < right && done + static_cast<std::size_t>(i) < truth.size(); ++i) {
          s.tokens.push_back(truth[done + static_cast<std::size_t>(i)]);
        }
        for (unsigned i = random() % 4; i-- > 0;) {
          s.tokens.push_back(static_cast<TokenId>(random() % 250));
        }
        choice.drafts = static_cast<int>(s.tokens.size()) - choice.known;
      }
      const Chunk chunk{
          std::span<const TokenId>(s.tokens).subspan(static_cast<std::size_t>(s.computed)),
          s.computed, blocks};
      forward.run({&chunk, 1});
      std::vector<int> rows;
      const int last = static_cast<int>(chunk.tokens.size());
      for (int i = last - 1 - choice.drafts; i < last; ++i) rows.push_back(i);
      choose_tokens({&choice, 1}, forward.logits(rows), arena);
      s.tokens.resize(static_cast<std::size_t>(choice.known));
      for (const GeneratedToken& t : choice.tokens) s.tokens.push_back(t.id);
      s.computed = choice.known + choice.accepted;
    }
    const std::vector<TokenId> output(s.tokens.begin() + s.prompt_tokens, s.tokens.end());
    if (!guess) {
      truth = output;
    } else {
      ASSERT_EQ(std::vector<TokenId>(output.begin(), output.begin() + kTokens), truth) << seed;
    }
  }
}

TEST_F(SpeculationTest, AnyProposalsGiveTheSameTokens) {
  test::TemporaryFolder folder;
  const LoadedModel reference = test::load_tiny(folder.path(), shape(), true);
  ASSERT_EQ(model_.model->kv_format(), KvFormat::s8);
  ASSERT_EQ(reference.model->kv_format(), KvFormat::f32);
  for (unsigned seed = 1; seed <= 4; ++seed) {
    ASSERT_NO_FATAL_FAILURE(fuzz_verification(model_, seed));
    ASSERT_NO_FATAL_FAILURE(fuzz_verification(reference, seed));
  }
}

// With the real model of PINCER_TEST_MODEL; skipped without it.
TEST(SpeculationOnARealModel, AnswersAreTheSame) {
  const char* file = std::getenv("PINCER_TEST_MODEL");
  if (file == nullptr) GTEST_SKIP() << "PINCER_TEST_MODEL is not set";
  const test::TemporaryFolder folder;
  LoadOptions load;
  load.pool_dir = folder.path();
  const auto model = load_model(file, load);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::string program =
      "Copy this text.\n\nfor item in items:\n    print(item)\nfor item in others:\n    "
      "print(item)\n\nThe copy:\n\nfor item in items:\n";
  const TextPiece piece{program, false};
  const std::vector<TokenId> prompt = model->tokenizer->encode({&piece, 1});
  std::vector<TokenId> answers[2][3];
  for (const bool speculate : {false, true}) {
    EngineOptions options;
    options.context = 512;
    options.speculation = speculate ? Speculation::ngram : Speculation::off;
    options.draft_tokens = 4;  // whatever they cost: emulators make rows dear
    const auto engine = Engine::start(model->model, options);
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    for (std::size_t i = 0; i < 3; ++i) {
      GenerationRequest request;
      request.prompt = prompt;
      request.sampling.temperature = 0.4f * static_cast<float>(i);
      request.sampling.seed = i;
      request.max_tokens = 48;
      request.ignore_end = true;
      request.stream = std::make_shared<TokenStream>();
      const auto stream = request.stream;
      ASSERT_TRUE((*engine)->submit(std::move(request)).ok());
      for (bool done = false; !done;) {
        const TokenStream::News news = stream->wait();
        for (const GeneratedToken& t : news.tokens) answers[speculate][i].push_back(t.id);
        done = news.finish.has_value();
      }
    }
    if (speculate) {
      EXPECT_GT((*engine)->stats().accepted, 20);
    }
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(answers[1][i], answers[0][i]) << i;
}

}  // namespace
}  // namespace pincer
