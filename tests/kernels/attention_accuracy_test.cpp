// The error of attention against FP64 by format of the cache, which docs/attention.md states. All
// kernels give the bits of the scalar ones, so that these speak for all.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/smooth_k.h"
#include "tests/kernels/support/attention_case.h"
#include "tests/kernels/support/attention_s8_case.h"

namespace pincer::kernels {
namespace {

using test::AttentionS8Case;
using test::AttentionS8Shape;

constexpr int kRows = 48, kKeys = 1024;

// Gaussian q, K and V; K with `bias` in every fourth channel, whose mean is subtracted or not.
AttentionS8Case make_case(int head_dim, float bias, bool smooth) {
  AttentionS8Shape shape;
  shape.rows.assign(kRows, {0, kKeys});
  shape.head_dim = head_dim;
  shape.scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  shape.k_bias = bias;
  shape.subtract_mean = smooth;
  shape.gaussian = true;
  return AttentionS8Case(shape, 11u);
}

std::vector<double> exact(const AttentionS8Case& data) {
  const auto hd = static_cast<std::size_t>(data.shape().head_dim);
  std::vector<double> out;
  for (std::size_t r = 0; r < kRows; ++r) {
    const std::vector<double> row =
        test::exact_attention(std::span(data.q).subspan(r * hd, hd), data.k, data.v,
                              data.shape().rows[r], data.shape().scale);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

// To the eleven bits of an ordinary binary16 number.
float rounded_to_half(float x) {
  int exponent;
  const float fraction = std::frexp(x, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, 11)), std::max(exponent, -13) - 11);
}

// The same numbers in a cache of floats, each passed through `round`.
test::AttentionCase floats(const AttentionS8Case& s8, float (*round)(float)) {
  const int hd = s8.shape().head_dim;
  std::vector<float> centre(static_cast<std::size_t>(hd));
  if (s8.shape().subtract_mean) mean_key(s8.k.data(), hd, kKeys, hd, centre.data());
  test::AttentionShape shape;
  shape.kv_len.assign(kRows, kKeys);
  shape.head_dim = hd;
  shape.scale = s8.shape().scale;
  test::AttentionCase data(shape, 1);
  for (int t = 0; t < kKeys; ++t) {
    std::vector<float> key(static_cast<std::size_t>(hd));
    centre_key(s8.k.data() + t * hd, centre.data(), hd, key.data());
    for (int d = 0; d < hd; ++d) {
      data.k(t, d) = round(key[static_cast<std::size_t>(d)]);
      data.v(t, d) = round(*(s8.v.data() + t * hd + d));
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    for (int d = 0; d < hd; ++d) data.q(r, d) = s8.q[r * static_cast<std::size_t>(hd) + d];
  }
  return data;
}

enum Format { f32, f16, s8 };

double error(Format format, int head_dim, float bias, bool smooth) {
  AttentionS8Case data = make_case(head_dim, bias, smooth);
  std::vector<float> out;
  if (format == f32) {
    out = floats(data, [](float x) { return x; }).run(attention_kernels().back().fn);
  } else if (format == f16) {
    out = floats(data, rounded_to_half).run(attention_f16_kernels().back().fn);
  } else {
    out = data.run(attention_s8_kernels().back());
  }
  return test::relative_error(out, exact(data));
}

TEST(AttentionAccuracy, IsWhatTheDocumentSays) {
  std::ostringstream table;
  for (const int head_dim : {64, 128}) {
    for (const Format format : {f32, f16, s8}) {
      constexpr std::array kNames = {"FP32", "binary16", "INT8"};
      table << "| " << head_dim << " | " << kNames[format];
      for (const auto& [bias, smooth] : {std::pair(0.0f, false), {16.0f, false}, {16.0f, true}}) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2g", error(format, head_dim, bias, smooth) * 100);
        table << " | " << text << " %";
      }
      table << " |\n";
    }
  }
  std::ifstream file(PINCER_SOURCE_DIR "/docs/attention.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  if (document.empty()) GTEST_SKIP() << "the sources are not here";
  EXPECT_NE(document.find(table.str()), std::string::npos) << "the table is\n" << table.str();
}

// The bar of INT8 keys and values is 1 %. Half a unit in the last place of binary16, in K and in V,
// is 2^-11 relative at most, and of FP32 2^-24; 1024 products of either sign add less than that of
// rounding.
TEST(AttentionAccuracy, ReachesTheBarOfItsFormat) {
  for (const int head_dim : {64, 128}) {
    EXPECT_LT(error(f32, head_dim, 0, false), 1e-5);
    EXPECT_LT(error(f16, head_dim, 0, false), 0x1p-11);
    EXPECT_LT(error(s8, head_dim, 0, false), 0.01);
    EXPECT_LT(error(s8, head_dim, 16, true), 0.01);
  }
}

}  // namespace
}  // namespace pincer::kernels
