#include "pincer/engine/pool_usage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "engine/mapping/advice.h"
#include "engine/pool/file_descriptor.h"
#include "engine/pool/pool_file.h"

namespace pincer {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".pool";
constexpr std::uint32_t kMaxEntries = 1
                                      << 16;  // weights of a model; a damaged header says anything
constexpr std::size_t kKeyDigits = 13;        // "-" and 12 hexadecimal digits: WeightPool::Place

std::int64_t cached_file_bytes(int fd, std::int64_t bytes) {
  void* base = ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return 0;
  const std::size_t cached =
      cached_bytes({static_cast<const std::byte*>(base), static_cast<std::size_t>(bytes)});
  ::munmap(base, static_cast<std::size_t>(bytes));
  return static_cast<std::int64_t>(cached);
}

double seconds_since(const timespec& time) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const double then = static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  return std::max(0.0, std::chrono::duration<double>(now).count() - then);
}

// The path of a line of maps or smaps: what follows address, permissions, offset, device and inode.
std::optional<fs::path> pool_path(const std::string& line, bool& deleted) {
  const auto slash = line.find('/');
  if (slash == std::string::npos) return std::nullopt;
  std::string path = line.substr(slash);
  constexpr std::string_view kDeleted = " (deleted)";
  deleted = path.ends_with(kDeleted);
  if (deleted) path.resize(path.size() - kDeleted.size());
  if (!path.ends_with(kSuffix)) return std::nullopt;
  return path;
}

// "7f00-7f80 r--s ..." and not "Rss:   12 kB".
bool begins_mapping(const std::string& line) {
  const auto space = line.find(' ');
  const auto dash = line.find('-');
  return dash != std::string::npos && space != std::string::npos && dash < space &&
         line.find(':') > space;
}

void add_field(PoolMapping& m, const std::string& line) {
  std::istringstream words(line);
  std::string key;
  std::int64_t kib = 0;
  if (!(words >> key >> kib)) return;
  const std::int64_t bytes = kib * 1024;
  if (key == "Size:") m.bytes += bytes;
  if (key == "Rss:") m.resident += bytes;
  if (key == "Pss:") m.pss += bytes;
  if (key == "Shared_Clean:" || key == "Shared_Dirty:") m.shared += bytes;
  if (key == "Private_Clean:" || key == "Private_Dirty:") m.private_bytes += bytes;
}

bool maps_a_pool(const fs::path& process) {
  std::ifstream in(process / "maps");
  bool deleted = false;
  for (std::string line; std::getline(in, line);) {
    if (pool_path(line, deleted)) return true;
  }
  return false;
}

// A pool that is mapped in several pieces is one entry.
std::vector<PoolMapping> mappings_of(const fs::path& process, int pid) {
  std::vector<PoolMapping> out;
  if (!maps_a_pool(process)) return out;
  std::string command;
  std::getline(std::ifstream(process / "comm"), command);
  std::ifstream in(process / "smaps");
  PoolMapping* current = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (!begins_mapping(line)) {
      if (current != nullptr) add_field(*current, line);
      continue;
    }
    bool deleted = false;
    const auto path = pool_path(line, deleted);
    current = nullptr;
    if (!path) continue;
    const auto same = [&](const PoolMapping& m) { return m.file == *path && m.deleted == deleted; };
    auto found = std::ranges::find_if(out, same);
    if (found == out.end()) {
      PoolMapping fresh;
      fresh.pid = pid;
      fresh.command = command;
      fresh.file = *path;
      fresh.deleted = deleted;
      found = out.insert(out.end(), std::move(fresh));
    }
    current = &*found;
  }
  return out;
}

}  // namespace

std::string pool_model_name(const fs::path& file) {
  std::string name = file.stem().string();
  if (name.size() > kKeyDigits && name[name.size() - kKeyDigits] == '-')
    name.resize(name.size() - kKeyDigits);
  return name;
}

// The layout that most of the weights have: formats may differ between tensors.
std::string pool_layout_name(const fs::path& file) {
  PoolHeader header;
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header)) return {};
  if (std::memcmp(header.magic, kPoolMagic, sizeof kPoolMagic) != 0 ||
      header.version != kPoolVersion || header.entries > kMaxEntries) {
    return {};
  }
  std::vector<PoolEntry> entries(header.entries);
  in.seekg(kPoolAlign);
  in.read(reinterpret_cast<char*>(entries.data()),
          static_cast<std::streamsize>(entries.size() * sizeof(PoolEntry)));
  std::map<std::string, std::uint64_t> bytes;
  for (const PoolEntry& e : entries) {
    kernels::PackedHeader packed;
    if (e.kind != WeightSpec::Kind::packed) continue;
    in.seekg(static_cast<std::streamoff>(e.offset));
    if (!in.read(reinterpret_cast<char*>(&packed), sizeof packed)) return {};
    const kernels::Layout& l = packed.layout;
    bytes[fmt::format("int{}{} {}x{}", l.bits, l.group > 0 ? fmt::format("g{}", l.group) : "", l.nr,
                      l.kr)] += e.bytes;
  }
  if (bytes.empty()) return {};
  return std::ranges::max_element(bytes, {}, [](const auto& b) { return b.second; })->first;
}

Result<std::vector<PoolFileInfo>> pool_files(const fs::path& dir) {
  std::vector<PoolFileInfo> files;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(dir, ec)) {
    if (entry.path().extension() != kSuffix) continue;
    const FileDescriptor fd(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOATIME));
    struct stat info{};
    if (!fd || ::fstat(fd.get(), &info) != 0) continue;  // gone, or another user's
    files.push_back({pool_model_name(entry.path()), entry.path(), pool_layout_name(entry.path()),
                     info.st_size, cached_file_bytes(fd.get(), info.st_size),
                     seconds_since(info.st_atim)});
  }
  if (ec && ec != std::errc::no_such_file_or_directory) {
    return Error{ErrorCode::io,
                 fmt::format("cannot read the folder {}: {}", dir.string(), ec.message())};
  }
  std::ranges::sort(files, {}, &PoolFileInfo::file);
  return files;
}

std::vector<PoolMapping> pool_mappings(const fs::path& proc) {
  std::vector<PoolMapping> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(proc, ec)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    for (PoolMapping& m : mappings_of(entry.path(), pid)) out.push_back(std::move(m));
  }
  std::ranges::sort(out, {}, [](const PoolMapping& m) { return std::tuple(m.file, m.pid); });
  return out;
}

std::int64_t resident_pool_bytes() {
  std::int64_t bytes = 0;
  for (const PoolMapping& m : mappings_of("/proc/self", ::getpid())) bytes += m.resident;
  return bytes;
}

void note_use(const fs::path& file) {
  const timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  ::utimensat(AT_FDCWD, file.c_str(), now, 0);
}

double seconds_since_use(const fs::path& file) {
  struct stat info{};
  return ::stat(file.c_str(), &info) == 0 ? seconds_since(info.st_atim) : 0;
}

Result<void> remove_pool_file(const fs::path& file) {
  if (::unlink(file.c_str()) == 0) return {};
  return Error{errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
               fmt::format("cannot remove {}: {}", file.string(), std::strerror(errno))};
}

}  // namespace pincer
