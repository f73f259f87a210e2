// What the system is told about the pages of a mapped file. Hints: nothing fails, nothing changes
// but where the pages are.
#pragma once

#include <cstddef>
#include <span>

namespace pincer {

// First to go when memory is short; pages that other processes map as well are left alone.
void advise_cold(std::span<const std::byte> mapped);
// Read ahead, in the background.
void advise_needed(std::span<const std::byte> mapped);
// This process lets go of them: they count for it no more, and stay in the file cache. Only for
// shared mappings of files: anything else would lose its contents.
void let_go(std::span<const std::byte> mapped);

// Bytes of the range that are in the file cache, whoever reads them; 0 where that cannot be asked.
std::size_t cached_bytes(std::span<const std::byte> mapped);

}  // namespace pincer
