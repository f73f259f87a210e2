// Tiny random models of every architecture against transformers in FP32: see
// tests/golden/make_tiny_models.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "pincer/engine/loaded_model.h"
#include "tests/engine/support/forward_harness.h"
#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

using test::Logits;

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(PINCER_SOURCE_DIR) / "tests" / "golden" / name;
}

class Parity : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto file = gguf::File::open(golden(std::string("tiny-") + GetParam() + "-logits.gguf"));
    ASSERT_TRUE(file.ok()) << file.error().message;
    for (const std::int64_t id : *file->get_ints("tokens")) {
      tokens_.push_back(static_cast<TokenId>(id));
    }
    const gguf::Tensor& logits = *file->tensor("logits");
    ASSERT_EQ(logits.rows(), static_cast<std::int64_t>(tokens_.size()));
    for (std::int64_t r = 0; r < logits.rows(); ++r) {
      logits.row(r, expected_.emplace_back(static_cast<std::size_t>(logits.cols())).data());
    }
    ASSERT_EQ(tokens_.size(), 64u);
  }

  std::shared_ptr<const Model> load(bool reference, WeightFormat format = kDefaultWeights) const {
    LoadOptions options;
    options.reference = reference;
    options.format = format;
    options.pool_dir = folder_.path();
    options.threads = 2;
    const auto loaded = load_model(golden(std::string("tiny-") + GetParam() + ".gguf"), options);
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    return loaded.ok() ? loaded->model : nullptr;
  }

  // The measure: max |a - b| / max |b|.
  void expect_parity(const Logits& logits, const std::string& how) const {
    ASSERT_EQ(logits.size(), expected_.size());
    double difference = 0, largest = 0;
    for (std::size_t t = 0; t < logits.size(); ++t) {
      ASSERT_EQ(logits[t].size(), expected_[t].size());
      for (std::size_t i = 0; i < logits[t].size(); ++i) {
        difference =
            std::max(difference, std::abs(static_cast<double>(logits[t][i]) - expected_[t][i]));
        largest = std::max(largest, std::abs(static_cast<double>(expected_[t][i])));
      }
    }
    EXPECT_LE(difference, 1e-4 * largest) << how;
  }

  // Other prompts for a batch, with the golden one among them.
  std::vector<std::vector<TokenId>> batch() const {
    std::vector<std::vector<TokenId>> prompts;
    for (const int n : {1, 33, 50}) {
      auto& prompt = prompts.emplace_back();
      for (int i = 0; i < n; ++i) prompt.push_back((i * i * 7 + n) % 500);
    }
    prompts.insert(prompts.begin() + 1, tokens_);
    return prompts;
  }

  test::TemporaryFolder folder_;
  std::vector<TokenId> tokens_;
  Logits expected_;
};

INSTANTIATE_TEST_SUITE_P(Architectures, Parity, testing::Values("llama", "qwen2", "gemma3"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(Parity, ReferenceEqualsTransformers) {
  const auto model = load(true);
  ASSERT_NE(model, nullptr);
  expect_parity(test::run_whole(*model, tokens_), "whole");
  for (const int step : {1, 7, 32}) {
    expect_parity(test::run_chunked(*model, tokens_, step), "in chunks of " + std::to_string(step));
  }
  expect_parity(test::run_batch(*model, batch())[1], "in a batch");
}

TEST_P(Parity, BatchesAndChunksChangeNoBit) {
  for (const bool reference : {true, false}) {
    const auto model = load(reference);
    ASSERT_NE(model, nullptr);
    const auto prompts = batch();
    const auto together = test::run_batch(*model, prompts);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      const Logits alone = test::run_whole(*model, prompts[i]);
      EXPECT_EQ(together[i], alone) << "prompt " << i;
      EXPECT_EQ(test::run_chunked(*model, prompts[i], 9), alone) << "prompt " << i;
    }
  }
}

// Relative error of a product of INT8 operands, each rounded to 1/254 of the largest value that
// shares its scale. Of n Gaussian values that is about sqrt(2 ln n) deviations: 2.6 in groups of 32
// and 3.3 in the rows here, at most 224 long, so that rounding to the nearest is off by 2.6 / 127 /
// sqrt(12) = 0.6 % and 0.75 %; of both operands sqrt(2) times that. Each layer has four products in
// a row and the attention, whose keys and values are rounded as rows; then there is the head. The
// errors add as squares, and no layer makes those before it smaller by more than it makes them
// larger. Twice that leaves room for the random weights, not for anything wrong: a missing
// bias or norm is an error of 20 % and more.
TEST_P(Parity, PackedStaysWithinTheErrorOfItsFormat) {
  for (const WeightFormat format : {WeightFormat::int8g32, WeightFormat::int8}) {
    const auto model = load(false, format);
    ASSERT_NE(model, nullptr);
    const Logits logits = test::run_whole(*model, tokens_);
    double difference = 0, size = 0;
    for (std::size_t t = 0; t < logits.size(); ++t) {
      for (std::size_t i = 0; i < logits[t].size(); ++i) {
        difference += std::pow(static_cast<double>(logits[t][i]) - expected_[t][i], 2);
        size += std::pow(static_cast<double>(expected_[t][i]), 2);
      }
    }
    const double one = (format == WeightFormat::int8 ? 0.0075 : 0.006) * std::sqrt(2.0);
    const double bound = 2 * one * std::sqrt(5.0 * model->config.layers + 1);
    EXPECT_LT(std::sqrt(difference / size), bound) << name(format);
    EXPECT_GT(difference, 0) << "the packed path was not taken";
    RecordProperty(std::string(name(format)), std::to_string(std::sqrt(difference / size)));
  }
}

}  // namespace
}  // namespace pincer
