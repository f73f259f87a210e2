#include "server/canary/wager.h"

#include <algorithm>
#include <cmath>

namespace pincer {

void Wager::settle(bool canary, double weight, std::span<const double> lean) {
  for (std::size_t i = 0; i < log_wealth_.size(); ++i)
    log_wealth_[i] += std::log1p((canary ? 1 - weight : -weight) * lean[i]);
}

void Wager::multiply(std::span<const double> factor) {
  for (std::size_t i = 0; i < log_wealth_.size(); ++i) log_wealth_[i] += std::log(factor[i]);
}

double Wager::log_evidence() const {
  const double most = *std::ranges::max_element(log_wealth_);
  double sum = 0;
  for (const double wealth : log_wealth_) sum += std::exp(wealth - most);
  return most + std::log(sum / static_cast<double>(log_wealth_.size()));
}

}  // namespace pincer
