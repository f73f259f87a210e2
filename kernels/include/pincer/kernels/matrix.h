// Plain matrices (rows with a stride) and packed weights (opaque, one layout per ISA): different
// types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace pincer::kernels {

// Rows x cols, row-major; `stride` is in elements, from one row's start to the next.
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t stride = 0;
  T* row(std::int64_t i) const { return data + i * stride; }
};

// How packed integer weights W[n][k] (n output channels, k inputs) lie in memory.
//
//   panel p holds channels p*nr .. p*nr+nr-1 (missing ones are zero weights):
//     quants  int8  [k_padded / kr][nr][kr]      k_padded = k rounded up to k_align; 4 bits: below
//     scales  bf16  [groups][nr]                 groups = ceil(k / group), 1 when group == 0
//     zero bytes up to panel_bytes, a multiple of 64
//
// Consecutive k-blocks of one panel are contiguous, so that nr = 16, kr = 4 is a VNNI operand (64
// bytes), two AVX2 operands, and, 16 blocks at a time (k_align = 64), a 16 x 64-byte AMX tile; kr =
// 8 is what i8mm wants. The same panel is streamed by GEMV and tiled by GEMM. Weights are in [-127,
// 127], never -128: the 16-bit sums of AVX2 (maddubs) and NEON (smull, smlal) cannot overflow then.
// With `offset` the stored byte is weight + 128, the unsigned operand of vpdpbusd / tdpbsud;
// QuantizedRows::correction cancels the 128 (padding bytes are 128 too). Scales are bf16, rounded
// up (|w / scale| <= 127): full float range in 16 bits, widened by a shift.
//
// With bits = 4 weights are in [-7, 7], and two k-blocks share their bytes: uint8 [k_padded / (2
// kr)][nr][kr], the even k-block in the low nibbles, the odd one in the high nibbles; with `offset`
// a nibble is weight + 8 (8 in padding), else two's complement. A correction is cancelled by its
// sixteenth then, -8 * sum, which is exact.
struct Layout {
  std::uint16_t nr = 16;  // channels in a panel
  std::uint16_t kr = 4;   // consecutive k of one channel
  // k is padded to a multiple of this, which is one of kr (of 2 kr with 4 bits) and, if set, group.
  std::uint16_t k_align = 64;
  std::uint16_t group = 32;    // k values that share a scale; 0: one scale per channel
  std::uint8_t offset = 0;     // 1: bytes are weight + 128, nibbles weight + 8
  std::uint8_t bits = 8;       // 8 or 4
  std::uint8_t transform = 0;  // orthogonal transforms folded into the weights: engine/model
  std::uint8_t reserved = 0;
  friend bool operator==(const Layout&, const Layout&) = default;
};
static_assert(sizeof(Layout) == 12 && std::is_trivially_copyable_v<Layout>);

// A bit of it: the residual stream, or what is read from it, is turned (engine/model/rotation.h).
// Kernels do not care; what else it says is in engine/model/weight_layouts.h.
inline constexpr std::uint8_t kTurnedResidual = 1;

// Stands at the start of every packed matrix; plain data, so that a mapped file is used in place.
struct alignas(64) PackedHeader {
  std::uint32_t magic = 0;  // kPackedMagic
  Layout layout;
  std::uint32_t n = 0, k = 0;     // logical sizes
  std::uint64_t panel_bytes = 0;  // stride between panels
  std::uint64_t bytes = 0;        // header and all panels
  std::uint8_t reserved[24] = {};
};
static_assert(sizeof(PackedHeader) == 64 && std::is_trivially_copyable_v<PackedHeader>);
inline constexpr std::uint32_t kPackedMagic = 0x314b5050;  // "PPK1"

// A view of packed weights: the header's address, which is 64-byte aligned. Does not own. Safe to
// share between threads.
struct PackedMatrix {
  const PackedHeader* header = nullptr;

  const Layout& layout() const { return header->layout; }
  std::int64_t n() const { return header->n; }
  std::int64_t k() const { return header->k; }
  std::int64_t k_padded() const {
    const std::int64_t a = layout().k_align;
    return (k() + a - 1) / a * a;
  }
  std::int64_t groups() const {
    return layout().group ? (k() + layout().group - 1) / layout().group : 1;
  }
  std::int64_t panels() const { return (n() + layout().nr - 1) / layout().nr; }
  std::int64_t quant_bytes() const { return k_padded() * layout().nr * layout().bits / 8; }
  const std::uint8_t* panel(std::int64_t p) const {
    return reinterpret_cast<const std::uint8_t*>(header + 1) +
           p * static_cast<std::int64_t>(header->panel_bytes);
  }
  const std::uint16_t* panel_scales(std::int64_t p) const {  // bf16 [groups][nr]
    return reinterpret_cast<const std::uint16_t*>(panel(p) + quant_bytes());
  }
};

// Quantized activations: M rows of s8, symmetric, one scale per row and group of k.
//
// With ir > 1 rows are interleaved, `ir` of them, `ik` values of each at a time: element (m, k) is
// the byte
//   (m / ir) * ir * stride + (k / ik) * ir * ik + (m % ir) * ik + k % ik
// GEMM kernels name the ir and ik that they read (kernel_table.h): ik is the weights' kr for
// kernels that read rows as they read panels, 64 for tiles of AMX. The rows that the last `ir` lack
// are there and hold anything.
struct QuantizedRows {
  const std::int8_t* q = nullptr;  // [rows][stride], zero from k to k_padded
  std::int64_t stride = 0;         // bytes (= elements); at least k_padded of the weights
  const float* scale = nullptr;    // [rows][groups]
  // [rows][groups]: -128 * sum of the group's q, which has room for 131,071 of them.
  const std::int32_t* correction = nullptr;
  std::int64_t groups = 1;  // per row; equals the weights' groups
  std::int64_t rows = 0;
  std::int64_t ir = 1;  // rows interleaved
  std::int64_t ik = 1;  // k values of a row side by side; divides stride when ir is not 1
};

}  // namespace pincer::kernels
