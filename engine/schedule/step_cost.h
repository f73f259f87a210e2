// How long a step takes, learnt from the steps that were measured.
//
//   ms = fixed + batched * [rows > 1] + per_row * rows + per_sampled * sampled + per_key * keys /
//   1000
//
// One row streams the weights (fixed); more rows go through other kernels (batched), each with its
// arithmetic (per_row), its logits where they are wanted (per_sampled), and its attention
// (per_key). No coefficient is negative. Steps are put into classes by their shape, each of which
// keeps running means; the fit is over the classes, so that a million steps of one shape do not
// make it forget the others. A factor follows what all steps have in common, such as
// other programs that take the cores for a while. A value: no clock, no threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pincer {

struct StepLoad {
  int rows = 0;     // tokens that go through the layers
  int sampled = 0;  // of these, rows whose logits are wanted
  double keys = 0;  // tokens that the rows attend to, summed over the rows
};

class StepCost {
 public:
  void observe(const StepLoad& load, double ms);
  // 0 before the first observation.
  double ms(const StepLoad& load) const;
  bool learnt() const { return observations_ > 0; }

 private:
  static constexpr std::size_t kFeatures = 5;
  static constexpr int kRowClasses = 12, kKeyClasses = 3;
  using Vector = std::array<double, kFeatures>;
  struct Class {
    Vector load{};
    double ms = 0;
    int count = 0;               // observations, up to the memory of the means
    std::int64_t last_seen = 0;  // number of the observation
  };
  static Vector features(const StepLoad& load);
  static int class_of(const StepLoad& load);
  void fit();
  double fitted(const StepLoad& load) const;

  std::array<Class, static_cast<std::size_t>(kRowClasses) * kKeyClasses * 2> classes_{};
  std::int64_t observations_ = 0;
  Vector coefficients_{};
  double drift_ = 1;  // measured over fitted, of the last few steps
};

}  // namespace pincer
