// The parts of cases(), by kind of kernel. Private to kernels/measure.
#pragma once

#include <span>
#include <vector>

#include "pincer/kernels/measure/case.h"

namespace pincer::kernels::measure {

struct Selection {
  Effort effort;
  std::span<const int> threads;
  std::int64_t cold_bytes;
};

void add_product_cases(const Selection& selection, std::vector<Case>& out);
void add_row_cases(const Selection& selection, std::vector<Case>& out);
void add_reference_cases(const Selection& selection, std::vector<Case>& out);
void add_attention_cases(const Selection& selection, std::vector<Case>& out);

// The kernels of a list that may run; with Effort::quick those of the best ISA among them.
template <class Row>
std::vector<const Row*> runnable(std::span<const Row> rows, Effort effort) {
  std::vector<const Row*> found;
  for (const Row& row : rows) {
    if (!isa_allowed(row.isa, isa_choice().isa)) continue;
    if (effort == Effort::quick && !found.empty() && row.isa != found.front()->isa) break;
    found.push_back(&row);
  }
  return found;
}

// Thread `thread` of `threads` gets [begin, end) of `count`.
struct Share {
  Share(std::int64_t count, int thread, int threads)
      : begin(count * thread / threads), end(count * (thread + 1) / threads) {}
  std::int64_t begin, end;
};

}  // namespace pincer::kernels::measure
