#include "engine/mapping/advice.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pincer {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// The whole pages that hold the range.
std::span<const std::byte> pages_of(std::span<const std::byte> range) {
  const std::size_t page = page_bytes();
  const std::size_t before = reinterpret_cast<std::uintptr_t>(range.data()) % page;
  return {range.data() - before, (range.size() + before + page - 1) / page * page};
}

void advise(std::span<const std::byte> range, int advice) {
  if (range.empty()) return;
  const auto pages = pages_of(range);
  ::madvise(const_cast<std::byte*>(pages.data()), pages.size(), advice);
}

}  // namespace

void advise_cold(std::span<const std::byte> mapped) {
#ifdef MADV_COLD
  advise(mapped, MADV_COLD);
#endif
}

void advise_needed(std::span<const std::byte> mapped) { advise(mapped, MADV_WILLNEED); }

void let_go(std::span<const std::byte> mapped) { advise(mapped, MADV_DONTNEED); }

std::size_t cached_bytes(std::span<const std::byte> mapped) {
  if (mapped.empty()) return 0;
  const auto pages = pages_of(mapped);
  const std::size_t page = page_bytes();
  std::vector<unsigned char> there(pages.size() / page);
  if (::mincore(const_cast<std::byte*>(pages.data()), pages.size(), there.data()) != 0) return 0;
  const auto count = std::ranges::count_if(there, [](unsigned char c) { return (c & 1) != 0; });
  return std::min(static_cast<std::size_t>(count) * page, mapped.size());
}

}  // namespace pincer
