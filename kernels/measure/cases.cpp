#include <algorithm>
#include <numeric>
#include <tuple>

#include "kernels/measure/case_lists.h"
#include "pincer/kernels/measure/machine.h"

namespace pincer::kernels::measure {

std::string Case::id() const {
  std::string id(kernel);
  if (!kernel.starts_with(op)) id += "/" + std::string(op);
  id += "/" + std::string(model) + "." + std::string(layer);
  id += "/" + std::to_string(m) + "x" + std::to_string(n);
  if (k > 0) id += "x" + std::to_string(k);
  if (layout) id += "/s" + std::to_string(layout->bits) + "g" + std::to_string(layout->group);
  return id + (cold ? "/cold" : "/warm") + "/t" + std::to_string(threads);
}

std::int64_t Case::working_set() const {
  static const std::int64_t cold_size = cold_bytes(data_caches());
  return cold ? std::max(cold_size, bytes) : bytes + written;
}

std::vector<Case> cases(Effort effort, std::span<const int> threads) {
  const Selection selection{effort, threads, cold_bytes(data_caches())};
  std::vector<Case> found;
  add_product_cases(selection, found);
  add_reference_cases(selection, found);
  add_attention_cases(selection, found);
  add_row_cases(selection, found);
  return found;
}

std::vector<Case> matching(const std::vector<Case>& cases, std::string_view words) {
  std::vector<Case> found;
  for (const Case& c : cases) {
    const std::string id = c.id();
    bool all = true;
    for (std::string_view rest = words; all && !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      all = id.find(word) != std::string::npos;
    }
    if (all) found.push_back(c);
  }
  return found;
}

std::vector<std::vector<std::size_t>> by_weights(const std::vector<Case>& cases) {
  const auto weights = [&cases](std::size_t i) {
    const Case& c = cases[i];
    const Layout layout = c.layout.value_or(Layout{});
    return std::tuple(c.int8(), c.n, c.k, layout.group, layout.nr, layout.kr, layout.offset,
                      layout.bits);
  };
  // Cold ones first: the copies that they need serve the warm ones, too.
  const auto key = [&](std::size_t i) { return std::tuple(weights(i), !cases[i].cold); };
  std::vector<std::size_t> order(cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, key);
  std::vector<std::vector<std::size_t>> groups;
  for (const std::size_t i : order) {
    if (groups.empty() || weights(groups.back().back()) != weights(i)) groups.emplace_back();
    groups.back().push_back(i);
  }
  return groups;
}

}  // namespace pincer::kernels::measure
