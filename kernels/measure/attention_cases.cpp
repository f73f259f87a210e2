// Attention of the query heads that share a KV head over its blocks of K and V. Threads have KV
// heads of their own.
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "kernels/measure/case_lists.h"
#include "kernels/measure/weights.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels::measure {
namespace {

struct AttentionShape {
  std::string_view model, layer;
  int rows, kv, head_dim;  // of one KV head
  Effort effort;           // the least that has it
};
// 135M has 3 query heads a KV head, 0.5B has 7, 7B has 1 and its successors 4 or 8; a prefill task
// is 16 tokens.
constexpr AttentionShape kShapes[] = {
    {"135M", "decode", 3, 512, 64, Effort::quick},   {"135M", "decode", 3, 8192, 64, Effort::usual},
    {"135M", "prefill", 48, 512, 64, Effort::quick}, {"135M", "prefill", 48, 2048, 64, Effort::all},
    {"0.5B", "decode", 7, 8192, 64, Effort::all},    {"7B", "decode", 1, 8192, 128, Effort::usual},
    {"7B", "decode", 4, 8192, 128, Effort::all},     {"7B", "decode", 8, 8192, 128, Effort::all},
    {"7B", "prefill", 16, 2048, 128, Effort::all},   {"7B", "prefill", 64, 2048, 128, Effort::all}};

// What a cache of kernels like `Row` holds.
template <class Row>
constexpr bool kIsS8 = std::is_same_v<Row, AttentionS8Kernel>;
template <class Row>
using Element =
    std::conditional_t<kIsS8<Row>, std::int8_t,
                       std::conditional_t<std::is_same_v<Row, AttentionKernel>, float, Half>>;

// K and V of kKvBlockTokens tokens of one KV head.
template <class Row>
std::int64_t block_bytes(std::int64_t head_dim) {
  return kIsS8<Row> ? kv_block_bytes(static_cast<int>(head_dim))
                    : 2 * kv_half_bytes(static_cast<int>(head_dim)) *
                          static_cast<std::int64_t>(sizeof(Element<Row>));
}

// In [-1, 1), as far as floats are concerned.
template <class Row>
std::vector<std::uint8_t> random_block(std::int64_t head_dim) {
  std::vector<std::uint8_t> block(static_cast<std::size_t>(block_bytes<Row>(head_dim)));
  const std::int64_t count = 2 * kv_half_bytes(static_cast<int>(head_dim));
  const std::vector<float> values = random_floats(count, 2);
  for (std::int64_t i = 0; i < count; ++i) {
    Element<Row> element;
    const float value = values[static_cast<std::size_t>(i)];
    if constexpr (std::is_same_v<Element<Row>, Half>) {
      // Near 0.25, with its sign: the time does not depend on the values.
      element.bits = static_cast<std::uint16_t>((value < 0 ? 0xb400 : 0x3400) | (i & 0x3ff));
    } else if constexpr (kIsS8<Row>) {
      element = static_cast<std::int8_t>(value * 127.0f);
    } else {
      element = value;
    }
    std::memcpy(block.data() + i * static_cast<std::int64_t>(sizeof element), &element,
                sizeof element);
  }
  if constexpr (kIsS8<Row>) {
    std::vector<float> scales = random_floats(2 * kKvBlockTokens, 3);
    for (float& scale : scales) scale = (scale + 3.0f) / 254.0f;
    std::memcpy(block.data() + count, scales.data(), scales.size() * sizeof(float));
  }
  return block;
}

// What a call needs beside the cache, one for each thread.
struct Rows {
  Rows(const Case& c)
      : q(random_floats(c.m * c.k, 1)),
        out(q.size()),
        lengths(static_cast<std::size_t>(c.m), static_cast<std::int32_t>(c.n)) {
    for (std::int64_t row = 0; row < c.m; ++row) offsets.push_back(row * c.k);
  }
  std::vector<float> q, out;
  std::vector<std::int32_t> lengths;
  std::vector<std::int64_t> offsets;
};

// `heads` KV heads, which take turns. The blocks of a head follow each other: from blocks that lie
// far apart memory itself delivers a sixth less.
template <class Row>
class AttentionWorkload : public Workload {
 public:
  AttentionWorkload(decltype(Row::fn) attention, const Case& c, std::int64_t heads)
      : attention_(attention),
        c_(c),
        heads_(heads),
        blocks_((c.n + kKvBlockTokens - 1) / kKvBlockTokens),
        kv_(heads * blocks_ * block_bytes<Row>(c.k)) {
    if (!valid()) return;
    const std::vector<std::uint8_t> block = random_block<Row>(c.k);
    const auto size = static_cast<std::int64_t>(block.size());
    for (std::int64_t head = 0; head < heads; ++head) {
      for (std::int64_t b = 0; b < blocks_; ++b) {
        std::uint8_t* at = kv_.data() + (head * blocks_ + b) * size;
        std::memcpy(at, block.data(), block.size());
        k_.push_back(at);
        v_.push_back(at + size / 2);
      }
    }
    for (int thread = 0; thread < c.threads; ++thread) {
      rows_.emplace_back(c);
      scratch_.emplace_back(
          static_cast<float*>(std::aligned_alloc(
              64, static_cast<std::size_t>(attention_scratch_floats(c.n)) * sizeof(float))),
          std::free);
    }
  }

  bool valid() const { return kv_.data() != nullptr; }  // false: there was no memory

  void run(std::int64_t turn, int thread) noexcept override {
    Rows& rows = rows_[static_cast<std::size_t>(thread)];
    const std::int64_t first = (turn * c_.threads + thread) % heads_ * blocks_;
    if constexpr (kIsS8<Row>) {
      attention_({.q = rows.q.data(),
                  .q_offset = rows.offsets.data(),
                  .kv_end = rows.lengths.data(),
                  .rows = static_cast<int>(c_.m),
                  .blocks = k_.data() + first,
                  .head_dim = static_cast<int>(c_.k),
                  .scale = 0.125f,
                  .out = rows.out.data()});
    } else {
      using Blocks = const Element<Row>* const*;
      attention_({.q = rows.q.data(),
                  .q_offset = rows.offsets.data(),
                  .kv_len = rows.lengths.data(),
                  .rows = static_cast<int>(c_.m),
                  .k_blocks = reinterpret_cast<Blocks>(k_.data() + first),
                  .v_blocks = reinterpret_cast<Blocks>(v_.data() + first),
                  .head_dim = static_cast<int>(c_.k),
                  .scale = 0.125f,
                  .out = rows.out.data(),
                  .scratch = scratch_[static_cast<std::size_t>(thread)].get()});
    }
  }

 private:
  decltype(Row::fn) attention_;
  const Case& c_;
  std::int64_t heads_, blocks_;  // of one head
  detail::HugeBuffer kv_;
  std::vector<const std::uint8_t*> k_, v_;  // [heads][blocks]; INT8 blocks start with K
  std::vector<Rows> rows_;
  std::vector<std::unique_ptr<float, decltype(&std::free)>> scratch_;
};

template <class Row>
Case attention_case(const Row& kernel, const AttentionShape& shape, int threads, bool cold,
                    std::int64_t cold_bytes) {
  const std::int64_t blocks = (shape.kv + kKvBlockTokens - 1) / kKvBlockTokens;
  Case c{.kernel = kernel.name,
         .op = "attention",
         .isa = kernel.isa,
         .model = shape.model,
         .layer = shape.layer,
         .m = shape.rows,
         .n = shape.kv,
         .k = shape.head_dim,
         .threads = threads,
         .cold = cold,
         .macs = std::int64_t{2} * threads * shape.rows * shape.kv * shape.head_dim,
         .bytes = threads * blocks * block_bytes<Row>(shape.head_dim)};
  const std::int64_t heads = threads * (cold ? cold_bytes / c.bytes + 1 : 1);
  c.make = [&kernel, heads](const Case& self, WeightStore&) -> std::unique_ptr<Workload> {
    auto workload = std::make_unique<AttentionWorkload<Row>>(kernel.fn, self, heads);
    return workload->valid() ? std::move(workload) : nullptr;
  };
  return c;
}

template <class Row>
void add_cases(std::span<const Row> rows, const Selection& s, std::vector<Case>& out) {
  for (const Row* kernel : runnable(rows, s.effort)) {
    for (const AttentionShape& shape : kShapes) {
      if (shape.effort > s.effort) continue;
      for (const int threads : s.threads) {
        for (const bool cold : {false, true}) {
          // Prefill is bound by arithmetic, and a thread more only does the same again.
          if (shape.layer != "decode" && (cold || threads != s.threads.front())) continue;
          out.push_back(attention_case(*kernel, shape, threads, cold, s.cold_bytes));
        }
      }
    }
  }
}

}  // namespace

void add_attention_cases(const Selection& s, std::vector<Case>& out) {
  add_cases(attention_kernels(), s, out);
  add_cases(attention_f16_kernels(), s, out);
  add_cases(attention_s8_kernels(), s, out);
}

}  // namespace pincer::kernels::measure
