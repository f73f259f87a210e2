// The llama architecture written straight from its formulas in double precision, one token after
// the other: what the engine's forward pass is compared with. Independent of it on purpose:
// interleaved rotary pairs, no packing, no blocks.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/engine/support/tiny_model.h"

namespace pincer::test {

class PlainTransformer {
 public:
  explicit PlainTransformer(const TinyModel& m)
      : m_(m), s_(m.shape), head_dim_(s_.width / s_.heads) {
    keys_.resize(static_cast<std::size_t>(s_.layers));
    values_.resize(static_cast<std::size_t>(s_.layers));
  }

  // Logits after this token.
  std::vector<double> step(int token) {
    std::vector<double> x = row(m_.tensor("token_embd.weight"), token, s_.width);
    for (int l = 0; l < s_.layers; ++l) {
      const std::string p = "blk." + std::to_string(l) + ".";
      add(x, times(p + "attn_output.weight", attention(l, norm(x, p + "attn_norm.weight"))));
      const std::vector<double> h = norm(x, p + "ffn_norm.weight");
      std::vector<double> gate = times(p + "ffn_gate.weight", h);
      const std::vector<double> up = times(p + "ffn_up.weight", h);
      for (std::size_t i = 0; i < gate.size(); ++i)
        gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
      add(x, times(p + "ffn_down.weight", gate));
    }
    ++position_;
    return times(s_.tied ? "token_embd.weight" : "output.weight", norm(x, "output_norm.weight"));
  }

 private:
  static std::vector<double> row(const std::vector<float>& w, int r, int k) {
    return {w.begin() + static_cast<std::ptrdiff_t>(r) * k,
            w.begin() + static_cast<std::ptrdiff_t>(r + 1) * k};
  }
  static void add(std::vector<double>& x, const std::vector<double>& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }
  std::vector<double> times(const std::string& name, const std::vector<double>& x) const {
    const std::vector<float>& w = m_.tensor(name);
    std::vector<double> y(w.size() / x.size());
    for (std::size_t n = 0; n < y.size(); ++n) {
      for (std::size_t k = 0; k < x.size(); ++k)
        y[n] += static_cast<double>(w[n * x.size() + k]) * x[k];
    }
    return y;
  }
  std::vector<double> norm(const std::vector<double>& x, const std::string& gain) const {
    double squares = 0;
    for (const double v : x) squares += v * v;
    const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
    std::vector<double> y = x;
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] *= scale * static_cast<double>(m_.tensor(gain)[i]);
    return y;
  }
  void rotate(std::vector<double>& x) const {
    for (std::size_t i = 0; i < x.size(); i += 2) {
      const auto pair = static_cast<double>(i % static_cast<std::size_t>(head_dim_));
      const double angle = position_ * std::pow(10000.0, -pair / head_dim_);
      const double a = x[i], b = x[i + 1];
      x[i] = a * std::cos(angle) - b * std::sin(angle);
      x[i + 1] = a * std::sin(angle) + b * std::cos(angle);
    }
  }
  std::vector<double> attention(int l, const std::vector<double>& h) {
    const std::string p = "blk." + std::to_string(l) + ".";
    std::vector<double> q = times(p + "attn_q.weight", h), k = times(p + "attn_k.weight", h);
    rotate(q);
    rotate(k);
    auto& keys = keys_[static_cast<std::size_t>(l)];
    auto& values = values_[static_cast<std::size_t>(l)];
    keys.push_back(k);
    values.push_back(times(p + "attn_v.weight", h));
    std::vector<double> out(q.size());
    for (int head = 0; head < s_.heads; ++head) {
      const auto from = static_cast<std::size_t>(head) * head_dim_;
      const auto kv = static_cast<std::size_t>(head / (s_.heads / s_.kv_heads)) * head_dim_;
      std::vector<double> score(keys.size());
      for (std::size_t j = 0; j < keys.size(); ++j) {
        for (std::size_t d = 0; d < static_cast<std::size_t>(head_dim_); ++d)
          score[j] += q[from + d] * keys[j][kv + d];
        score[j] /= std::sqrt(head_dim_);
      }
      const double most = *std::max_element(score.begin(), score.end());
      double sum = 0;
      for (double& v : score) sum += v = std::exp(v - most);
      for (std::size_t j = 0; j < keys.size(); ++j) {
        for (std::size_t d = 0; d < static_cast<std::size_t>(head_dim_); ++d)
          out[from + d] += score[j] / sum * values[j][kv + d];
      }
    }
    return out;
  }

  const TinyModel& m_;
  TinyShape s_;
  int head_dim_;
  int position_ = 0;
  std::vector<std::vector<std::vector<double>>> keys_, values_;  // [layer][token][kv width]
};

}  // namespace pincer::test
