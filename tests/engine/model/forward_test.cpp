#include "engine/model/forward.h"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/tune/tuning_file.h"
#include "pincer/engine/tuned_products.h"
#include "tests/engine/support/forward_harness.h"
#include "tests/engine/support/plain_transformer.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::run_whole;
using test::TinyModel;
using test::TinyShape;

std::vector<TokenId> some_tokens(int count, int seed) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < count; ++i) tokens.push_back((i * 37 + seed * 101 + i * i) % 256);
  return tokens;
}

// Any plan gives the same logits: other kernels, other rows interleaved, other shares.
TEST(Forward, TuningChangesNoLogit) {
  const test::TemporaryFolder folder;
  Model model = *test::load_tiny(folder.path()).model;
  if (model.kernels.s8.gemm->isa == kernels::Isa::scalar) GTEST_SKIP() << "scalar: not tuned";
  const std::vector<TokenId> tokens = some_tokens(70, 5);
  const auto expected = run_whole(model, tokens);
  model.tuning_dir = folder.path();
  for (const kernels::Split split : {kernels::Split::panels, kernels::Split::rows}) {
    for (const bool last : {false, true}) {
      std::vector<kernels::TunedBand> bands;
      for (const kernels::Band& band : kernels::bands()) {
        const auto all = kernels_for(model.kernels.s8, model.isa, band.rows);
        const kernels::ProductPlan plan{last ? all.back() : all.front(), 2, split};
        bands.push_back({.plan = plan, .usual = plan, .ns = 1, .usual_ns = 1});
      }
      std::ofstream(tuning_path(folder.path(), model.kernels.s8, model.isa, 2))
          << write_tuning({model.kernels.s8, model.isa, 2}, kernels::Tuning(std::move(bands)));
      EXPECT_EQ(run_whole(model, tokens), expected) << static_cast<int>(split) << last;
    }
  }
}

// The reference path against the formulas. FP32 sums of up to 96 terms of size 1 through 2 layers:
// each adds about sqrt(96) half-ulps, 6e-7 relative; the softmax and residual stream pass it on
// about tenfold. 1e-4 of the largest logit is 10 times that.
TEST(Forward, ReferenceFollowsTheFormulas) {
  for (const bool tied : {true, false}) {
    const test::TemporaryFolder folder;
    TinyModel tiny;
    TinyShape shape;
    shape.tied = tied;
    const LoadedModel model = test::load_tiny(folder.path(), shape, true, &tiny);
    const std::vector<TokenId> tokens = some_tokens(70, 3);
    const auto logits = run_whole(*model.model, tokens);
    test::PlainTransformer plain(tiny);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const std::vector<double> expected = plain.step(tokens[t]);
      double largest = 0;
      for (const double x : expected) largest = std::max(largest, std::abs(x));
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(logits[t][i], expected[i], 1e-4 * largest) << "token " << t << " logit " << i;
      }
    }
  }
}

// How far a format's logits are from the reference's, as a share of their size.
double distance_to_reference(const std::filesystem::path& folder, WeightFormat format) {
  const LoadedModel packed = test::load_tiny(folder, {}, false, nullptr, format);
  const LoadedModel reference = test::load_tiny(folder, {}, true);
  const std::vector<TokenId> tokens = some_tokens(40, 5);
  const auto a = run_whole(*packed.model, tokens), b = run_whole(*reference.model, tokens);
  double difference = 0, size = 0;
  for (std::size_t t = 0; t < a.size(); ++t) {
    for (std::size_t i = 0; i < a[t].size(); ++i) {
      difference += std::pow(static_cast<double>(a[t][i] - b[t][i]), 2);
      size += std::pow(static_cast<double>(b[t][i]), 2);
    }
  }
  return std::sqrt(difference / size);
}

// INT8 differs by rounding only: weights and activations keep 7 bits and a sign. One product is
// within about 1 % (0.8 % weights, 0.8 % activations) in groups of 32, and with a scale per row of
// 64 Gaussian values as well; nine follow each other, their errors add as squares. Weights of 4
// bits keep 3 and a sign: sixteen times the error.
TEST(Forward, QuantizedStaysClose) {
  const test::TemporaryFolder folder;
  for (const WeightFormat format : {WeightFormat::int8, WeightFormat::int8g32}) {
    const double distance = distance_to_reference(folder.path(), format);
    EXPECT_LT(distance, 0.05) << name(format);
    EXPECT_GT(distance, 0) << "the quantized path was not taken";
  }
  const double four_bits = distance_to_reference(folder.path(), WeightFormat::int4g32);
  EXPECT_LT(four_bits, 0.05 * 16);
  EXPECT_GT(four_bits, 0.05) << "the weights have more than 4 bits";
}

TEST(Forward, ChunkedPrefillEqualsWhole) {
  const test::TemporaryFolder folder;
  const LoadedModel model = test::load_tiny(folder.path());
  const std::vector<TokenId> tokens = some_tokens(101, 7);
  const auto whole = run_whole(*model.model, tokens);
  for (const int step : {1, 7, 32, 50}) {
    ASSERT_EQ(test::run_chunked(*model.model, tokens, step), whole) << "chunks of " << step;
  }
}

TEST(Forward, BatchEqualsSingleRuns) {
  const test::TemporaryFolder folder;
  const LoadedModel model = test::load_tiny(folder.path());
  const std::vector<int> lengths = {1, 2, 33, 64, 90};
  std::vector<std::vector<TokenId>> prompts;
  for (const int n : lengths) prompts.push_back(some_tokens(n, n));
  const auto batch = test::run_batch(*model.model, prompts);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    ASSERT_EQ(batch[i], run_whole(*model.model, prompts[i])) << "prompt " << i;
  }
}

TEST(Forward, ThreadsDoNotChangeTheResult) {
  const test::TemporaryFolder folder;
  const LoadedModel model = test::load_tiny(folder.path());
  const std::vector<TokenId> tokens = some_tokens(65, 11);
  EXPECT_EQ(run_whole(*model.model, tokens, 1), run_whole(*model.model, tokens, 3));
}

// Every ISA of this machine gives the same bits, from one pool layout or another.
TEST(Forward, EveryIsaGivesTheSameLogits) {
  const test::TemporaryFolder folder;
  const std::vector<TokenId> tokens = some_tokens(45, 13);
  std::vector<std::vector<float>> first;
  for (const kernels::Isa isa : kernels::known_isas()) {
    if (!kernels::cpu_supports(isa)) continue;
    const std::filesystem::path file = folder / "tiny.gguf";
    test::tiny_gguf({}).write(file);
    LoadOptions options;
    options.pool_dir = folder / "pool";
    options.isa = isa;
    auto loaded = load_model(file, options);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    const auto logits = run_whole(*loaded->model, tokens);
    if (first.empty()) first = logits;
    EXPECT_EQ(logits, first) << kernels::isa_name(isa);
  }
}

}  // namespace
}  // namespace pincer
