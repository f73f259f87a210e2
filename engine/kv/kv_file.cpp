#include "engine/kv/kv_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace pincer {
namespace {

constexpr char kMagic[8] = {'P', 'I', 'N', 'C', 'E', 'R', 'K', 'V'};

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t format;  // KvFormat
  std::uint32_t smooth_k;
  kernels::KvShape shape;  // zero but for s8
  std::uint8_t padding;
  std::uint8_t model[16];  // Model::source_key()
  std::uint32_t layers, kv_heads, groups, block_tokens;
  std::uint64_t head_bytes;
  std::uint64_t tokens;
  std::uint64_t file_bytes;
  std::uint64_t digest;  // of all bytes above
};
static_assert(sizeof(Header) == 88);

std::uint64_t header_digest(const Header& h) { return XXH3_64bits(&h, offsetof(Header, digest)); }

// What a file of this model and cache must say, but for its length.
Header expected_header(const Model& model, const KvCache& cache) {
  Header h{};
  std::memcpy(h.magic, kMagic, sizeof kMagic);
  h.version = kKvFileVersion;
  h.format = static_cast<std::uint32_t>(cache.format());
  h.smooth_k = cache.smooth_k() ? 1 : 0;
  if (cache.format() == KvFormat::s8) h.shape = model.kernels.attention_s8->shape;
  std::memcpy(h.model, model.source_key().data(), sizeof h.model);
  h.layers = static_cast<std::uint32_t>(model.config.layers);
  h.kv_heads = static_cast<std::uint32_t>(model.config.kv_heads);
  h.groups = static_cast<std::uint32_t>(cache.groups());
  h.block_tokens = kernels::kKvBlockTokens;
  h.head_bytes = static_cast<std::uint64_t>(cache.head_bytes());
  return h;
}

Error io_error(const char* what, const std::filesystem::path& file) {
  const int code = errno;
  return {code == ENOSPC || code == EDQUOT ? ErrorCode::no_space : ErrorCode::io,
          fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(code))};
}

// All heads of a block, in the file's order.
template <class Each>
bool for_heads(const KvCache& cache, int g, int block, const Each& each) {
  for (int l = 0; l < cache.layers(); ++l) {
    if (cache.group_of(l) != g) continue;
    for (int head = 0; head < cache.kv_heads(); ++head) {
      if (!each(cache.head(block, l, head), static_cast<std::size_t>(cache.head_bytes())))
        return false;
    }
  }
  return true;
}

std::uint64_t bytes_of_blocks(const KvCache& cache, const Header& h,
                              std::span<const std::uint8_t> present) {
  std::uint64_t bytes = 0;
  const std::size_t blocks = present.size() / h.groups;
  for (std::uint32_t l = 0; l < h.layers; ++l) {
    const auto g = static_cast<std::size_t>(cache.group_of(static_cast<int>(l)));
    for (std::size_t i = 0; i < blocks; ++i)
      bytes += present[g * blocks + i] * h.kv_heads * h.head_bytes;
  }
  return bytes;
}

}  // namespace

// A file whose bytes are digested as they pass.
struct KvFileReader::Stream {
  std::filesystem::path path;
  std::FILE* file = nullptr;
  XXH3_state_t digest{};

  explicit Stream(std::filesystem::path p, const char* mode)
      : path(std::move(p)), file(std::fopen(path.c_str(), mode)) {
    XXH3_64bits_reset(&digest);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (file != nullptr) std::fclose(file);
  }
  bool write(const void* data, std::size_t bytes) {
    if (bytes == 0) return true;  // data may be null
    XXH3_64bits_update(&digest, data, bytes);
    return std::fwrite(data, 1, bytes, file) == bytes;
  }
  bool read(void* data, std::size_t bytes) {
    if (bytes == 0) return true;
    if (std::fread(data, 1, bytes, file) != bytes) return false;
    XXH3_64bits_update(&digest, data, bytes);
    return true;
  }
};

Result<void> write_kv_file(const std::filesystem::path& file, const Model& model,
                           const KvCache& cache, std::span<const TokenId> tokens,
                           const KvBlocks& blocks) {
  Header h = expected_header(model, cache);
  h.tokens = tokens.size();
  std::vector<std::uint8_t> present;
  for (const KvBlocks::Group& group : blocks.groups) {
    for (const int id : group.ids) present.push_back(id >= 0 ? 1 : 0);
  }
  h.file_bytes = sizeof h + tokens.size_bytes() + present.size() +
                 bytes_of_blocks(cache, h, present) + sizeof(std::uint64_t);
  h.digest = header_digest(h);

  const std::filesystem::path beside =
      file.string() + fmt::format(".new-{}", static_cast<int>(::getpid()));
  KvFileReader::Stream out(beside, "wb");
  if (out.file == nullptr) return io_error("write", beside);
  bool written = out.write(&h, sizeof h) && out.write(tokens.data(), tokens.size_bytes()) &&
                 out.write(present.data(), present.size());
  const auto put = [&](const std::uint8_t* head, std::size_t bytes) {
    return out.write(head, bytes);
  };
  for (int g = 0; g < cache.groups(); ++g) {
    for (const int id : blocks.groups[static_cast<std::size_t>(g)].ids)
      written = written && (id < 0 || for_heads(cache, g, id, put));
  }
  const std::uint64_t digest = XXH3_64bits_digest(&out.digest);
  written = written && out.write(&digest, sizeof digest) && std::fflush(out.file) == 0 &&
            ::fsync(::fileno(out.file)) == 0 && std::rename(beside.c_str(), file.c_str()) == 0;
  if (written) return {};
  const Error error = io_error("write", file);
  ::unlink(beside.c_str());
  return error;
}

KvFileReader::KvFileReader() = default;
KvFileReader::KvFileReader(KvFileReader&& other) noexcept = default;
KvFileReader::~KvFileReader() = default;

namespace {

// Why a file of ours is not for this model and cache; empty when it is.
std::string foreign(const Header& is, const Header& want) {
  if (is.version != want.version)
    return fmt::format("has version {}; this program reads {}", is.version, want.version);
  if (std::memcmp(is.model, want.model, sizeof is.model) != 0)
    return "was saved with another model, or another packing of it";
  if (is.format != want.format || is.smooth_k != want.smooth_k || !(is.shape == want.shape) ||
      is.head_bytes != want.head_bytes)
    return fmt::format("has keys and values in {}, laid out for another cache than this one, in {}",
                       kv_format_name(static_cast<KvFormat>(is.format)),
                       kv_format_name(static_cast<KvFormat>(want.format)));
  if (is.layers != want.layers || is.kv_heads != want.kv_heads || is.groups != want.groups ||
      is.block_tokens != want.block_tokens)
    return "was saved with another shape of cache";
  return {};
}

}  // namespace

Result<KvFileReader> KvFileReader::open(const std::filesystem::path& file, const Model& model,
                                        const KvCache& cache) {
  KvFileReader reader;
  reader.stream_ = std::make_unique<Stream>(file, "rb");
  Stream& in = *reader.stream_;
  struct stat info{};
  if (in.file == nullptr || ::fstat(::fileno(in.file), &info) != 0) return io_error("read", file);
  const auto corrupt = [&](const std::string& what) {
    return Error{ErrorCode::corrupt,
                 fmt::format("{} {}; delete it, and it is written anew", file.string(), what)};
  };
  Header h{};
  if (!in.read(&h, sizeof h) || std::memcmp(h.magic, kMagic, sizeof kMagic) != 0)
    return corrupt("is no file of saved keys and values");
  if (header_digest(h) != h.digest) return corrupt("is damaged in its header");
  if (const std::string why = foreign(h, expected_header(model, cache)); !why.empty())
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} {}; choose another file, or delete it", file.string(), why)};
  if (static_cast<std::uint64_t>(info.st_size) != h.file_bytes)
    return corrupt(fmt::format("has {} bytes of {}", info.st_size, h.file_bytes));
  constexpr std::uint64_t kMostTokens = 1u << 30;
  if (h.tokens > kMostTokens || h.tokens > h.file_bytes / sizeof(TokenId))
    return corrupt("is damaged in its header");
  reader.tokens_.resize(h.tokens);
  reader.blocks_ = static_cast<std::size_t>(KvCache::blocks_for(static_cast<int>(h.tokens)));
  reader.present_.resize(reader.blocks_ * h.groups);
  if (!in.read(reader.tokens_.data(), h.tokens * sizeof(TokenId)) ||
      !in.read(reader.present_.data(), reader.present_.size()))
    return io_error("read", file);
  const std::uint64_t before = sizeof h + h.tokens * sizeof(TokenId) + reader.present_.size();
  for (std::size_t i = 0; i < reader.present_.size(); ++i) {
    const std::uint8_t p = reader.present_[i];
    if (p > 1 || (i < reader.blocks_ && p == 0)) return corrupt("is damaged in its list of blocks");
  }
  if (before + bytes_of_blocks(cache, h, reader.present_) + sizeof(std::uint64_t) != h.file_bytes)
    return corrupt("is damaged in its list of blocks");
  return reader;
}

Result<void> KvFileReader::read(const KvCache& cache, const KvBlocks& blocks) {
  Stream& in = *stream_;
  const auto get = [&](std::uint8_t* head, std::size_t bytes) { return in.read(head, bytes); };
  for (int g = 0; g < cache.groups(); ++g) {
    for (const int id : blocks.groups[static_cast<std::size_t>(g)].ids) {
      if (id >= 0 && !for_heads(cache, g, id, get)) return io_error("read", in.path);
    }
  }
  const std::uint64_t digest = XXH3_64bits_digest(&in.digest);
  std::uint64_t stored = 0;
  if (!in.read(&stored, sizeof stored) || stored != digest) {
    return Error{
        ErrorCode::corrupt,
        fmt::format("{} was changed: its digest does not fit; delete it, and it is written "
                    "anew",
                    in.path.string())};
  }
  return {};
}

}  // namespace pincer
