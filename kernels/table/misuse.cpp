#include "pincer/kernels/misuse.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace pincer::kernels {
namespace {

// The first thing that is wrong; later ones may follow from it.
class Complaint {
 public:
  void unless(bool right, const char* what, std::int64_t is, const char* expected,
              std::int64_t limit) {
    if (right || !text_.empty()) return;
    text_ = std::string(what) + " is " + std::to_string(is) + ", expected " + expected +
            std::to_string(limit);
  }
  void unless(bool right, const char* text) {
    if (!right && text_.empty()) text_ = text;
  }
  bool empty() const { return text_.empty(); }
  std::string named(std::string_view kernel) const {
    return text_.empty() ? std::string() : std::string(kernel) + ": " + text_;
  }

 private:
  std::string text_;
};

std::string describe(const Layout& l) {
  return "nr " + std::to_string(l.nr) + " kr " + std::to_string(l.kr) + " offset " +
         std::to_string(l.offset) + " bits " + std::to_string(l.bits);
}

bool aligned64(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 == 0; }

void check_rows(const GemmKernel& kernel, const GemmArgs& args, Complaint& c) {
  const QuantizedRows& a = args.a;
  c.unless(args.m_begin >= 0 && args.m_begin <= args.m_end, "m_begin", args.m_begin,
           "0 .. m_end = ", args.m_end);
  c.unless(args.m_end <= a.rows, "m_end", args.m_end, "at most the rows of activations, ", a.rows);
  if (args.m_begin == args.m_end || args.panel_begin == args.panel_end) return;
  c.unless(a.q != nullptr && a.scale != nullptr && a.correction != nullptr && args.c != nullptr,
           "a pointer to activations, scales, corrections or the result is null");
  c.unless(a.groups == args.w.groups(), "groups of activations", a.groups, "those of the weights, ",
           args.w.groups());
  c.unless(a.stride >= args.w.k_padded(), "stride of activations", a.stride, "at least k padded, ",
           args.w.k_padded());
  c.unless(kernel.shape.any() || a.ir == kernel.ir, "interleaving of activations (ir)", a.ir, "",
           kernel.ir);
  c.unless(kernel.shape.any() || a.ir == 1 || a.ik == kernel.ik,
           "values of a row side by side (ik)", a.ik, "", kernel.ik);
  c.unless(a.ik >= 1, "values of a row side by side (ik)", a.ik, "at least ", 1);
  c.unless(a.ir >= 1 && args.m_begin % a.ir == 0, "m_begin", args.m_begin,
           "a multiple of ir = ", a.ir);
  c.unless(a.ir == 1 || a.ik < 1 || a.stride % a.ik == 0, "stride of interleaved activations",
           a.stride, "a multiple of ik = ", a.ik);
  c.unless(args.c_stride >= args.w.n(), "stride of the result", args.c_stride,
           "at least n = ", args.w.n());
}

void check_heads(int head_dim, int largest, Complaint& c) {
  c.unless(head_dim > 0 && head_dim % 16 == 0, "head_dim", head_dim, "a multiple of ", 16);
  c.unless(head_dim <= largest, "head_dim", head_dim, "at most ", largest);
}

template <class Kernel, class Args>
std::string misuse_of_floats(const Kernel& kernel, const Args& args) {
  Complaint c;
  check_heads(args.head_dim, 1 << 20, c);
  c.unless(args.rows >= 0, "rows", args.rows, "at least ", 0);
  if (args.rows > 0) {
    c.unless(args.q != nullptr && args.q_offset != nullptr && args.kv_len != nullptr &&
                 args.k_blocks != nullptr && args.v_blocks != nullptr && args.out != nullptr,
             "a pointer is null");
    c.unless(args.scratch != nullptr && aligned64(args.scratch),
             "scratch is null or not aligned to 64 bytes");
  }
  for (int r = 0; c.empty() && r < args.rows; ++r) {
    c.unless(args.kv_len[r] >= 1, "kv_len", args.kv_len[r], "at least ", 1);
    const int begin = args.kv_begin != nullptr ? args.kv_begin[r] : 0;
    c.unless(begin >= 0 && begin < args.kv_len[r], "kv_begin", begin,
             "0 or more and below kv_len = ", args.kv_len[r]);
  }
  return c.named(kernel.name);
}

template <class Kernel, class Args>
void checked_call(const Kernel& kernel, const Args& args) {
#ifndef NDEBUG
  if (const std::string what = misuse(kernel, args); !what.empty()) {
    std::fprintf(stderr, "pincer: wrong call of %s\n", what.c_str());
    std::abort();
  }
#endif
  kernel.fn(args);
}

}  // namespace

std::string misuse(const GemmKernel& kernel, const GemmArgs& args) {
  const PackedHeader* header = args.w.header;
  Complaint c;
  c.unless(header != nullptr, "there are no weights (header is null)");
  if (c.empty()) c.unless(aligned64(header), "the weights are not aligned to 64 bytes");
  if (c.empty()) {
    c.unless(header->magic == kPackedMagic, "the weights' header has the magic number",
             header->magic, "", kPackedMagic);
  }
  if (c.empty() && !kernel.shape.fits(header->layout)) {
    const std::string text = "the weights have the layout " + describe(header->layout) +
                             ", expected " + describe(kernel.shape.layout(header->layout.group));
    c.unless(false, text.c_str());
  }
  if (c.empty()) {
    c.unless(args.panel_begin >= 0 && args.panel_begin <= args.panel_end, "panel_begin",
             args.panel_begin, "0 .. panel_end = ", args.panel_end);
    c.unless(args.panel_end <= args.w.panels(), "panel_end", args.panel_end,
             "at most the panels of the weights, ", args.w.panels());
    check_rows(kernel, args, c);
  }
  return c.named(kernel.name);
}

std::string misuse(const AttentionKernel& kernel, const AttentionArgs& args) {
  return misuse_of_floats(kernel, args);
}

std::string misuse(const AttentionF16Kernel& kernel, const AttentionF16Args& args) {
  return misuse_of_floats(kernel, args);
}

std::string misuse(const AttentionS8Kernel& kernel, const AttentionS8Args& args) {
  Complaint c;
  check_heads(args.head_dim, kMaxHeadDim, c);
  c.unless(args.rows >= 0, "rows", args.rows, "at least ", 0);
  if (args.rows > 0) {
    c.unless(args.q != nullptr && args.q_offset != nullptr && args.kv_end != nullptr &&
                 args.blocks != nullptr && args.out != nullptr,
             "a pointer is null");
  }
  for (int r = 0; c.empty() && r < args.rows; ++r) {
    const int begin = args.kv_begin != nullptr ? args.kv_begin[r] : 0;
    c.unless(begin >= 0 && begin < args.kv_end[r], "kv_begin", begin,
             "0 or more and below kv_end = ", args.kv_end[r]);
    for (int b = begin / kKvBlockTokens; c.empty() && b * kKvBlockTokens < args.kv_end[r]; ++b) {
      c.unless(args.blocks[b] != nullptr && aligned64(args.blocks[b]),
               "a block that a row sees is null or not aligned to 64 bytes");
    }
  }
  return c.named(kernel.name);
}

void call(const GemmKernel& kernel, const GemmArgs& args) { checked_call(kernel, args); }
void call(const AttentionKernel& kernel, const AttentionArgs& args) { checked_call(kernel, args); }
void call(const AttentionF16Kernel& kernel, const AttentionF16Args& args) {
  checked_call(kernel, args);
}
void call(const AttentionS8Kernel& kernel, const AttentionS8Args& args) {
  checked_call(kernel, args);
}

}  // namespace pincer::kernels
