#include "server/privacy/string_index.h"

#include <algorithm>

namespace pincer::privacy {
namespace {

constexpr std::uint64_t kStart = 0xcbf29ce484222325, kPrime = 0x100000001b3;  // FNV-1a

std::uint64_t hash_more(std::uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * kPrime;
}

std::uint16_t two_bytes(std::string_view text, std::size_t i) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(text[i]) * 256U +
                                    static_cast<unsigned char>(text[i + 1]));
}

}  // namespace

void StringIndex::add(std::string_view string) {
  if (string.size() < kShortest || string.size() > kLongest) return;
  std::uint64_t hash = kStart;
  for (const char c : string) hash = hash_more(hash, c);
  auto& same_hash = strings_[hash];
  if (std::ranges::find(same_hash, string) != same_hash.end()) return;
  same_hash.emplace_back(string);
  const std::uint16_t key = two_bytes(string, 0);
  first_two_.set(key);
  lengths_[key].set(string.size());
}

std::size_t StringIndex::longest_at(std::string_view text, std::size_t begin, Fits fits) const {
  if (begin + kShortest > text.size()) return begin;
  const std::uint16_t key = two_bytes(text, begin);
  if (!first_two_.test(key)) return begin;
  const Lengths& lengths = lengths_.at(key);
  std::uint64_t hash = kStart;
  std::size_t found = begin;
  const std::size_t limit = std::min(kLongest, text.size() - begin);
  for (std::size_t size = 1; size <= limit; ++size) {
    hash = hash_more(hash, text[begin + size - 1]);
    if (!lengths.test(size)) continue;
    const auto same_hash = strings_.find(hash);
    if (same_hash == strings_.end() || !fits(text, begin, begin + size)) continue;
    if (std::ranges::find(same_hash->second, text.substr(begin, size)) != same_hash->second.end()) {
      found = begin + size;
    }
  }
  return found;
}

}  // namespace pincer::privacy
