#include "kernels/measure/weights.h"

#include <algorithm>
#include <cstring>

#include "pincer/kernels/pack.h"

namespace pincer::kernels::measure {
namespace {

constexpr std::int64_t kPage = 4096;

}  // namespace

WeightStore::Copies::Copies(const Layout& layout, std::int64_t n, std::int64_t k,
                            std::int64_t bytes)
    : header_(make_packed_header(layout, n, k)),
      stride_((static_cast<std::int64_t>(header_.bytes) + kPage - 1) / kPage * kPage),
      count_(std::max<std::int64_t>(1, (bytes + stride_ - 1) / stride_)),
      buffer_(count_ * stride_) {
  if (!valid()) return;
  std::memcpy(buffer_.data(), &header_, sizeof header_);
  const PackedMatrix first = matrix(0);
  const std::int64_t channels = std::min<std::int64_t>(layout.nr, n);
  const std::vector<float> rows = random_floats(channels * k, 1);
  auto* panel = const_cast<std::uint8_t*>(first.panel(0));
  pack_panel(header_, {rows.data(), channels, k, k}, panel);
  for (std::int64_t p = 1; p < first.panels(); ++p) {
    std::memcpy(const_cast<std::uint8_t*>(first.panel(p)), panel, header_.panel_bytes);
  }
  for (std::int64_t i = 1; i < count_; ++i) {
    std::memcpy(buffer_.data() + i * stride_, buffer_.data(), header_.bytes);
  }
}

std::shared_ptr<const WeightStore::Copies> WeightStore::get(const Layout& layout, std::int64_t n,
                                                            std::int64_t k, std::int64_t bytes) {
  if (last_) {
    const PackedMatrix w = last_->matrix(0);
    if (w.layout() == layout && w.n() == n && w.k() == k && last_->bytes() >= bytes) return last_;
  }
  last_.reset();
  auto copies = std::make_shared<const Copies>(layout, n, k, bytes);
  if (!copies->valid()) return nullptr;
  last_ = copies;
  return copies;
}

}  // namespace pincer::kernels::measure
