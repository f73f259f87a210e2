// Attention of the query heads that share a KV head over its blocks of K and V. Threads have KV
// heads of their own, so one thread is timed.
#include <cstdlib>
#include <cstring>

#include "kernels/measure/case_lists.h"
#include "kernels/measure/weights.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels::measure {
namespace {

struct AttentionShape {
  std::string_view model, layer;
  int rows, kv, head_dim;
  Effort effort;  // the least that has it
};
// 135M has 3 query heads a KV head, 0.5B has 7; a prefill task is 16 tokens.
constexpr AttentionShape kShapes[] = {
    {"135M", "decode", 3, 512, 64, Effort::quick},   {"135M", "decode", 3, 4096, 64, Effort::usual},
    {"135M", "prefill", 48, 512, 64, Effort::quick}, {"135M", "prefill", 48, 4096, 64, Effort::all},
    {"0.5B", "decode", 7, 4096, 64, Effort::all},    {"7B", "decode", 1, 4096, 128, Effort::all},
    {"7B", "prefill", 16, 4096, 128, Effort::all}};

// `caches` pairs of K and V, which take turns.
class AttentionWorkload : public Workload {
 public:
  AttentionWorkload(AttentionFn attention, const Case& c, std::int64_t caches)
      : attention_(attention),
        caches_(caches),
        blocks_((c.n + kKvBlockTokens - 1) / kKvBlockTokens),
        q_(random_floats(c.m * c.k, 1)),
        out_(q_.size()),
        cache_floats_(2 * blocks_ * kKvBlockTokens * c.k),
        kv_(caches * cache_floats_ * static_cast<std::int64_t>(sizeof(float))),
        lengths_(static_cast<std::size_t>(c.m), static_cast<std::int32_t>(c.n)),
        scratch_(static_cast<float*>(std::aligned_alloc(
                     64, static_cast<std::size_t>(attention_scratch_floats(c.n)) * sizeof(float))),
                 std::free) {
    for (std::int64_t row = 0; row < c.m; ++row) offsets_.push_back(row * c.k);
    if (!valid()) return;
    auto* kv = reinterpret_cast<float*>(kv_.data());
    const std::vector<float> one = random_floats(cache_floats_, 2);
    for (std::int64_t i = 0; i < caches; ++i) {
      std::memcpy(kv + i * cache_floats_, one.data(), one.size() * sizeof(float));
    }
    const std::int64_t block_floats = kKvBlockTokens * c.k;
    for (std::int64_t b = 0; b < 2 * caches * blocks_; ++b) {
      pointers_.push_back(kv + b * block_floats);
    }
    args_ = {.q = q_.data(),
             .q_offset = offsets_.data(),
             .kv_len = lengths_.data(),
             .rows = static_cast<int>(c.m),
             .head_dim = static_cast<int>(c.k),
             .scale = 0.125f,
             .out = out_.data(),
             .scratch = scratch_.get()};
  }

  bool valid() const { return kv_.data() != nullptr; }  // false: there was no memory

  void run(std::int64_t turn, int) noexcept override {
    args_.k_blocks = pointers_.data() + turn % caches_ * 2 * blocks_;
    args_.v_blocks = args_.k_blocks + blocks_;
    attention_(args_);
  }

 private:
  AttentionFn attention_;
  std::int64_t caches_, blocks_;
  std::vector<float> q_, out_;
  std::int64_t cache_floats_;  // K and V of one KV head
  detail::HugeBuffer kv_;
  std::vector<std::int32_t> lengths_;
  std::vector<std::int64_t> offsets_;
  std::vector<const float*> pointers_;
  std::unique_ptr<float, decltype(&std::free)> scratch_;
  AttentionArgs args_;
};

}  // namespace

void add_attention_cases(const Selection& s, std::vector<Case>& out) {
  for (const AttentionKernel* kernel : runnable(attention_kernels(), s.effort)) {
    for (const AttentionShape& shape : kShapes) {
      if (shape.effort > s.effort) continue;
      const std::int64_t pairs = std::int64_t{2} * shape.kv * shape.head_dim;
      for (const bool cold : {false, true}) {
        if (cold && shape.layer != "decode") continue;
        Case c{.kernel = kernel->name,
               .op = "attention",
               .isa = kernel->isa,
               .model = shape.model,
               .layer = shape.layer,
               .m = shape.rows,
               .n = shape.kv,
               .k = shape.head_dim,
               .cold = cold,
               .macs = shape.rows * pairs,
               .bytes = pairs * static_cast<std::int64_t>(sizeof(float))};
        const std::int64_t caches = cold ? s.cold_bytes / c.bytes + 1 : 1;
        c.make = [kernel, caches](const Case& self, WeightStore&) -> std::unique_ptr<Workload> {
          auto workload = std::make_unique<AttentionWorkload>(kernel->fn, self, caches);
          return workload->valid() ? std::move(workload) : nullptr;
        };
        out.push_back(std::move(c));
      }
    }
  }
}

}  // namespace pincer::kernels::measure
