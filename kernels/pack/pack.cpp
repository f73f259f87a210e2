#include "pincer/kernels/pack.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/pack/bf16.h"
#include "kernels/pack/feedback_rounder.h"
#include "kernels/pack/quantize.h"

namespace pincer::kernels {
namespace {

// Longest run of one row that is quantized at a time; the row is cut at group borders before that.
constexpr std::int64_t kChunk = 512;

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Where weight k of a channel is among its panel's quants: `shift` bits up in the byte at `offset`.
struct Place {
  std::int64_t offset;
  int shift;
};

Place place_of(const Layout& layout, std::int64_t channel, std::int64_t k) {
  const std::int64_t block = k / layout.kr, within = channel * layout.kr + k % layout.kr;
  const std::int64_t block_bytes = std::int64_t{layout.nr} * layout.kr;
  if (layout.bits == 8) return {block * block_bytes + within, 0};
  return {block / 2 * block_bytes + within, block % 2 == 0 ? 0 : 4};
}

// Two's complement to what is stored and back, also the byte of zero weights: all its weights.
std::uint8_t flip_of(const Layout& layout) {
  if (layout.offset == 0) return 0;
  return layout.bits == 8 ? 0x80 : 0x88;
}

// Spreads `count` quants of one channel from position k on over bytes that hold zero weights.
void scatter(const Layout& layout, std::int64_t channel, std::int64_t k, const std::int8_t* q,
             std::int64_t count, std::uint8_t* quants) {
  const std::uint32_t mask = layout.bits == 8 ? 0xff : 0x0f;
  std::int64_t i = 0;
  if (layout.kr == 4 && k % 4 == 0) {  // the common case, a word at a time
    for (; i + 4 <= count; i += 4) {
      const Place place = place_of(layout, channel, k + i);
      std::uint32_t word, stored;
      std::memcpy(&word, q + i, sizeof word);
      std::memcpy(&stored, quants + place.offset, sizeof stored);
      stored ^= (word & mask * 0x01010101u) << place.shift;
      std::memcpy(quants + place.offset, &stored, sizeof stored);
    }
  }
  for (; i < count; ++i) {
    const Place place = place_of(layout, channel, k + i);
    const std::uint32_t bits = (static_cast<std::uint8_t>(q[i]) & mask) << place.shift;
    quants[place.offset] ^= static_cast<std::uint8_t>(bits);
  }
}

// The quants of a panel whose scales are there.
void round_with_feedback(const PackedHeader& header, MatrixView<const float> rows,
                         const ErrorFeedback& feedback, std::uint8_t* dst) {
  constexpr std::int64_t kLanes = detail::FeedbackRounder::kLanes;
  const Layout& layout = header.layout;
  const std::int64_t k = header.k, group = layout.group ? layout.group : k;
  const std::uint8_t* scales = dst + PackedMatrix{&header}.quant_bytes();
  std::int8_t q[kLanes][kChunk];
  for (std::int64_t first = 0; first < rows.rows; first += kLanes) {
    const std::int64_t channels = std::min(kLanes, rows.rows - first);
    detail::FeedbackRounder rounder(feedback, layout.bits == 8 ? 127.0f : 7.0f);
    for (std::int64_t begin = 0; begin < k;) {
      // Up to the next border of a group or a chunk.
      const std::int64_t g = begin / group, end = std::min({k, (g + 1) * group, begin + kChunk});
      for (std::int64_t c = 0; c < channels; ++c) {
        std::uint16_t scale;
        std::memcpy(&scale, scales + (g * layout.nr + first + c) * 2, sizeof scale);
        rounder.set_scale(c, bf16_to_float(scale));
      }
      for (std::int64_t i = begin; i < end; ++i) {
        std::int8_t column[kLanes];
        for (std::int64_t c = 0; c < channels; ++c) rounder.set_weight(c, rows.row(first + c)[i]);
        rounder.round(i, column);
        for (std::int64_t c = 0; c < channels; ++c) q[c][i - begin] = column[c];
      }
      for (std::int64_t c = 0; c < channels; ++c) {
        scatter(layout, first + c, begin, q[c], end - begin, dst);
      }
      begin = end;
    }
  }
}

}  // namespace

PackedHeader make_packed_header(const Layout& layout, std::int64_t n, std::int64_t k) {
  assert(n >= 1 && k >= 1 && layout.nr >= 1 && layout.kr >= 1);
  assert(layout.bits == 8 || layout.bits == 4);
  assert(layout.k_align >= 1 && layout.k_align % (layout.kr * 8 / layout.bits) == 0);
  assert(layout.group == 0 || layout.k_align % layout.group == 0);
  PackedHeader header;
  header.magic = kPackedMagic;
  header.layout = layout;
  header.n = static_cast<std::uint32_t>(n);
  header.k = static_cast<std::uint32_t>(k);
  const PackedMatrix sizes{&header};
  const std::int64_t scale_bytes =
      sizes.groups() * layout.nr * static_cast<std::int64_t>(sizeof(std::uint16_t));
  header.panel_bytes = static_cast<std::uint64_t>(round_up(sizes.quant_bytes() + scale_bytes, 64));
  header.bytes =
      sizeof(PackedHeader) + static_cast<std::uint64_t>(sizes.panels()) * header.panel_bytes;
  return header;
}

void pack_panel(const PackedHeader& header, MatrixView<const float> rows, std::uint8_t* dst,
                const ErrorFeedback& feedback) {
  const Layout& layout = header.layout;
  const PackedMatrix sizes{&header};
  assert(rows.rows >= 1 && rows.rows <= layout.nr && rows.cols == sizes.k());
  const std::int64_t quant_bytes = sizes.quant_bytes();
  const float limit = layout.bits == 8 ? 127.0f : 7.0f;
  std::memset(dst, flip_of(layout), static_cast<std::size_t>(quant_bytes));
  std::memset(dst + quant_bytes, 0, header.panel_bytes - static_cast<std::size_t>(quant_bytes));

  const std::int64_t k = sizes.k();
  const std::int64_t group = layout.group ? layout.group : k;
  std::int8_t q[kChunk];
  for (std::int64_t channel = 0; channel < rows.rows; ++channel) {
    const float* row = rows.row(channel);
    for (std::int64_t g = 0; g < sizes.groups(); ++g) {
      const std::int64_t begin = g * group;
      const std::int64_t end = std::min(begin + group, k);
      const std::uint16_t scale =
          detail::weight_scale(detail::max_abs_finite(row + begin, end - begin), limit);
      std::memcpy(dst + quant_bytes + (g * layout.nr + channel) * 2, &scale, sizeof scale);
      if (feedback.rank > 0) continue;
      for (std::int64_t at = begin; at < end; at += kChunk) {
        const std::int64_t count = std::min(kChunk, end - at);
        detail::quantize_weights(row + at, count, bf16_to_float(scale), q);
        scatter(layout, channel, at, q, count, dst);
      }
    }
  }
  if (feedback.rank > 0) round_with_feedback(header, rows, feedback, dst);
}

std::int8_t packed_quant(const PackedMatrix& w, std::int64_t n, std::int64_t k) {
  const Layout& layout = w.layout();
  const Place place = place_of(layout, n % layout.nr, k);
  const int byte = w.panel(n / layout.nr)[place.offset] ^ flip_of(layout);
  // The sign of the lower bits is spread by moving them to the top.
  const auto top = static_cast<std::int8_t>(byte << (8 - layout.bits - place.shift));
  return static_cast<std::int8_t>(top >> (8 - layout.bits));
}

void unpack_row(const PackedMatrix& w, std::int64_t n, float* out) {
  const Layout& layout = w.layout();
  const std::uint16_t* scales = w.panel_scales(n / layout.nr) + n % layout.nr;
  const std::int64_t group = layout.group ? layout.group : w.k();
  for (std::int64_t k = 0; k < w.k(); ++k) {
    const float scale = bf16_to_float(scales[k / group * layout.nr]);
    out[k] = static_cast<float>(packed_quant(w, n, k)) * scale;
  }
}

}  // namespace pincer::kernels
