#include "engine/pool/pool_file.h"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <atomic>
#include <cstring>

#include "engine/parallel/arena.h"
#include "engine/pool/pack_weight.h"
#include "pincer/kernels/pack.h"

namespace pincer {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

std::uint64_t header_digest(const PoolHeader& header) {
  return digest64(&header, offsetof(PoolHeader, header_digest));
}

std::uint64_t directory_digest(const PoolEntry* entries, std::size_t count) {
  return digest64(entries, count * sizeof(PoolEntry));
}

std::string check_header(std::span<const std::uint8_t> file, const SourceKey& key,
                         std::size_t entries, PoolHeader& header) {
  if (file.size() < sizeof header) return "it is shorter than its header";
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.magic, kPoolMagic, sizeof kPoolMagic) != 0) return "it is not a pool file";
  if (header.version != kPoolVersion) return fmt::format("it has version {}", header.version);
  if (header.header_digest != header_digest(header)) return "its header is damaged";
  if (header.key != key) return "it belongs to another model or CPU";
  if (header.file_bytes != file.size()) {
    return fmt::format("it has {} bytes instead of {}", file.size(), header.file_bytes);
  }
  if (header.entries != entries)
    return fmt::format("it holds {} weights instead of {}", header.entries, entries);
  return {};
}

// Whether the weight's own header (of a packed one) and digest are right.
bool sound(std::span<const std::uint8_t> file, const PoolEntry& found, const PoolEntry& planned,
           const kernels::Layout& layout) {
  PoolEntry expected = planned;
  expected.digest = found.digest;
  if (std::memcmp(&expected, &found, sizeof expected) != 0) return false;
  if (found.kind == WeightSpec::Kind::packed) {
    const kernels::PackedHeader header = kernels::make_packed_header(layout, found.n, found.k);
    if (std::memcmp(file.data() + found.offset, &header, sizeof header) != 0) return false;
  }
  return digest64(file.data() + found.offset, found.bytes) == found.digest;
}

}  // namespace

std::uint64_t digest64(const void* data, std::size_t bytes) { return XXH3_64bits(data, bytes); }

std::vector<PoolEntry> plan_pool(std::span<const WeightSpec> specs) {
  std::vector<PoolEntry> entries;
  entries.reserve(specs.size());
  std::int64_t offset = round_up(
      kPoolAlign + static_cast<std::int64_t>(specs.size() * sizeof(PoolEntry)), kPoolAlign);
  for (const WeightSpec& spec : specs) {
    PoolEntry e{};
    spec.name.copy(e.name, sizeof e.name - 1);
    e.kind = spec.kind;
    e.n = static_cast<std::uint32_t>(spec.n);
    e.k = static_cast<std::uint32_t>(spec.k);
    e.offset = static_cast<std::uint64_t>(offset);
    e.bytes = static_cast<std::uint64_t>(packed_bytes(spec));
    offset = round_up(offset + static_cast<std::int64_t>(e.bytes), kPoolAlign);
    entries.push_back(e);
  }
  return entries;
}

std::int64_t pool_file_bytes(const std::vector<PoolEntry>& entries) {
  if (entries.empty()) return kPoolAlign;
  return round_up(static_cast<std::int64_t>(entries.back().offset + entries.back().bytes),
                  kPoolAlign);
}

std::string check_pool(std::span<const std::uint8_t> file, const SourceKey& key,
                       std::span<const WeightSpec> specs, Arena& arena) {
  const std::vector<PoolEntry> planned = plan_pool(specs);
  PoolHeader header;
  if (std::string why = check_header(file, key, specs.size(), header); !why.empty()) return why;
  if (static_cast<std::int64_t>(file.size()) != pool_file_bytes(planned))
    return "it has another size than planned";
  const auto* entries = reinterpret_cast<const PoolEntry*>(file.data() + kPoolAlign);
  if (header.directory_digest != directory_digest(entries, planned.size()))
    return "its directory is damaged";
  std::atomic<std::int64_t> bad = -1;
  arena.split(static_cast<std::int64_t>(planned.size()), 1,
              [&](std::int64_t begin, std::int64_t end, int) {
                for (std::int64_t i = begin; i < end; ++i) {
                  const auto index = static_cast<std::size_t>(i);
                  if (!sound(file, entries[index], planned[index], specs[index].layout)) bad = i;
                }
              });
  if (bad >= 0)
    return fmt::format("weight '{}' is damaged", planned[static_cast<std::size_t>(bad)].name);
  return {};
}

}  // namespace pincer
