#include "kernels/measure/product.h"

#include <algorithm>
#include <cstring>

#include "kernels/measure/case_lists.h"
#include "pincer/kernels/interleave.h"

namespace pincer::kernels::measure {
namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

// One that reads plain rows and weights of any shape.
const GemmKernel* reference_for(const Layout& layout) {
  const auto found = std::ranges::find_if(gemm_kernels(), [&layout](const GemmKernel& row) {
    return row.isa == Isa::scalar && row.ir == 1 && row.shape.fits(layout);
  });
  return found == gemm_kernels().end() ? nullptr : &*found;
}

}  // namespace

Product::Product(const GemmKernel& kernel, const ElementwiseTable& ops, const Case& c,
                 std::shared_ptr<const WeightStore::Copies> weights)
    : kernel_(kernel),
      ops_(ops),
      m_(c.m),
      n_(c.n),
      k_(c.k),
      threads_(c.threads),
      cold_(c.cold),
      weights_(std::move(weights)),
      k_padded_(weights_->matrix(0).k_padded()),
      groups_(weights_->matrix(0).groups()),
      x_(random_floats(m_ * k_, 2)),
      scale_(m_ * groups_),
      c_(m_ * n_),
      correction_(scale_.size()),
      q_((m_ + kernel.ir - 1) / kernel.ir * kernel.ir * k_padded_),
      plain_(threads_ * k_padded_) {
  for (std::int64_t row = 0; valid() && row < m_; ++row) quantize_row(row, 0);
}

bool Product::valid() const {
  return scale_.valid() && c_.valid() && correction_.valid() && q_.valid() && plain_.valid();
}

void Product::run(std::int64_t turn, int thread) noexcept {
  const PackedMatrix w = weights_->matrix(cold_ ? turn : 0);
  const Share panels(w.panels(), thread, threads_);
  if (panels.begin == panels.end) return;
  kernel_.fn({.a = {.q = q_.data(),
                    .stride = k_padded_,
                    .scale = scale_.data(),
                    .correction = correction_.data(),
                    .groups = groups_,
                    .rows = m_,
                    .ir = kernel_.ir,
                    .ik = kernel_.ik},
              .w = w,
              .c = c_.data(),
              .c_stride = n_,
              .m_end = m_,
              .panel_begin = panels.begin,
              .panel_end = panels.end});
}

void Product::quantize(int thread) noexcept {
  const Share rows(m_, thread, threads_);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) quantize_row(row, thread);
}

void Product::quantize_row(std::int64_t row, int thread) noexcept {
  const Layout& layout = weights_->matrix(0).layout();
  const std::int64_t ir = kernel_.ir;
  std::int8_t* plain = ir == 1 ? q_.data() + row * k_padded_ : plain_.data() + thread * k_padded_;
  ops_.quantize_row(x_.data() + row * k_, k_, k_padded_, layout.group, plain,
                    scale_.data() + row * groups_, correction_.data() + row * groups_);
  if (ir == 1) return;
  interleave_row(plain, k_padded_, kernel_.ik, ir, row % ir, q_.data() + row / ir * ir * k_padded_);
}

std::string Product::problem() const {
  const PackedMatrix w = weights_->matrix(0);
  const GemmKernel* reference = reference_for(w.layout());
  if (reference == nullptr) return {};
  for (const std::int64_t row : {std::int64_t{0}, m_ - 1}) {
    for (const std::int64_t panel : {std::int64_t{0}, w.panels() - 1}) {
      if (std::string found = problem(*reference, row, panel); !found.empty()) return found;
    }
  }
  return {};
}

std::string Product::problem(const GemmKernel& reference, std::int64_t row,
                             std::int64_t panel) const {
  const PackedMatrix w = weights_->matrix(0);
  std::vector<std::int8_t> q(size(k_padded_));
  std::vector<float> scale(size(groups_)), expected(size(n_));
  std::vector<std::int32_t> correction(scale.size());
  ops_.quantize_row(x_.data() + row * k_, k_, k_padded_, w.layout().group, q.data(), scale.data(),
                    correction.data());
  reference.fn({.a = {.q = q.data(),
                      .stride = k_padded_,
                      .scale = scale.data(),
                      .correction = correction.data(),
                      .groups = groups_,
                      .rows = 1},
                .w = w,
                .c = expected.data(),
                .c_stride = n_,
                .m_end = 1,
                .panel_begin = panel,
                .panel_end = panel + 1});
  const std::int64_t first = panel * w.layout().nr;
  const std::int64_t channels = std::min<std::int64_t>(w.layout().nr, n_ - first);
  if (std::memcmp(expected.data() + first, c_.data() + row * n_ + first,
                  size(channels) * sizeof(float)) == 0) {
    return {};
  }
  return "row " + std::to_string(row) + ", panel " + std::to_string(panel) + " differ from what " +
         std::string(reference.name) + " computes";
}

}  // namespace pincer::kernels::measure
