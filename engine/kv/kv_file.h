// Keys and values of a prefix in a file: a header, the tokens, which blocks there are, the blocks,
// a digest of all of it (XXH3, against damage, not malice). Little endian; written and read by this
// program only. What it holds is of use to one model, in one format and shape, and the header says
// which.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "engine/kv/kv_blocks.h"
#include "engine/kv/kv_cache.h"
#include "pincer/engine/model.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Grows with any change of the format, or of how keys and values are computed.
inline constexpr std::uint32_t kKvFileVersion = 1;

// Written beside `file`, fsync'd, and renamed over it. `blocks` holds `tokens`. Errors: io,
// no_space.
Result<void> write_kv_file(const std::filesystem::path& file, const Model& model,
                           const KvCache& cache, std::span<const TokenId> tokens,
                           const KvBlocks& blocks);

// Reads a file in order: its header first, so that the caller finds room for its blocks.
class KvFileReader {
 public:
  struct Stream;
  // Errors: io, corrupt, invalid_argument (of another model, format or version).
  static Result<KvFileReader> open(const std::filesystem::path& file, const Model& model,
                                   const KvCache& cache);
  KvFileReader(KvFileReader&& other) noexcept;
  KvFileReader& operator=(KvFileReader&&) = delete;
  ~KvFileReader();

  std::span<const TokenId> tokens() const { return tokens_; }
  // Whether the file has block `index` of group g.
  bool has(int g, int index) const {
    return present_[static_cast<std::size_t>(g) * blocks_ + static_cast<std::size_t>(index)] != 0;
  }
  // Fills `blocks`, which has a block for each that the file has, and checks the digest.
  Result<void> read(const KvCache& cache, const KvBlocks& blocks);

 private:
  KvFileReader();
  std::unique_ptr<Stream> stream_;
  std::vector<TokenId> tokens_;
  std::vector<std::uint8_t> present_;  // [groups][blocks]
  std::size_t blocks_ = 0;
};

}  // namespace pincer
