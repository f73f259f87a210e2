#include "engine/schedule/client_shares.h"

#include <algorithm>
#include <limits>

namespace pincer {

void ClientShares::arrived(ClientId client) {
  Client& c = clients_[client];
  if (c.requests++ == 0) c.counter = std::max(c.counter, floor_);
}

void ClientShares::left(ClientId client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  --found->second.requests;
  settle();
}

void ClientShares::served(ClientId client, double tokens) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  found->second.counter += tokens;
  settle();
}

double ClientShares::counter(ClientId client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? floor_ : found->second.counter;
}

double ClientShares::last_admission_s(int priority) const {
  const auto found = admissions_.find(priority);
  return found == admissions_.end() ? std::numeric_limits<double>::lowest() : found->second;
}

// Raises the floor, and drops clients that are away and below it: they would start there anyway.
void ClientShares::settle() {
  double least = std::numeric_limits<double>::max();
  for (const auto& [id, c] : clients_) {
    if (c.requests > 0) least = std::min(least, c.counter);
  }
  if (least < std::numeric_limits<double>::max()) floor_ = std::max(floor_, least);
  std::erase_if(clients_, [this, least](const auto& entry) {
    const bool nobody_else = least == std::numeric_limits<double>::max();
    return entry.second.requests <= 0 && (nobody_else || entry.second.counter <= floor_);
  });
}

}  // namespace pincer
