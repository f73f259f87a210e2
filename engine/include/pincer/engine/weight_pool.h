// Packed weights in one file that any number of processes map read-only: one copy in the page
// cache, packed once.
//
// A pool is found by a key: a digest of the source file's head, samples of its data, its size and
// time stamp, the weights' layouts and the packer's version. Its header, directory and every weight
// carry digests (XXH3, against damage, not malice: the folder is the user's own); a pool that is
// truncated, changed or foreign is packed again.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/gguf.h"
#include "pincer/engine/result.h"
#include "pincer/kernels/matrix.h"
#include "pincer/kernels/pack.h"

namespace pincer {

class Arena;
class LossGuard;

// One weight to be held: how to get its rows, and how it is stored.
struct WeightSpec {
  enum class Kind : std::uint32_t { packed, floats };
  std::string name;  // "blk.0.qkv"; at most 63 bytes
  Kind kind = Kind::packed;
  std::int64_t n = 0, k = 0;  // rows and columns
  kernels::Layout layout;     // Kind::packed
  std::function<void(std::int64_t row, float* out)>
      row;  // writes k floats; called from several threads
  // When set, applied to the finished rows, some columns at a time: [n][count] contiguous floats,
  // from several threads. All rows are held in memory then. Only for Kind::packed.
  std::function<void(float* columns, std::int64_t count)> mix_rows;
  kernels::ErrorFeedback feedback;  // for rounding; what it points to outlives the packing
};

// Packed weights within a file: all of it, or, with `bytes`, what begins at `offset`, a multiple of
// the system's page.
struct PoolImage {
  std::filesystem::path file;
  std::int64_t offset = 0, bytes = 0;
};

using SourceKey = std::array<std::uint8_t, 16>;
// Reads the file's head and samples: milliseconds, whatever its size.
Result<SourceKey> source_key(const gguf::File& file, std::span<const WeightSpec> specs);
// Of weights in their layouts, whatever file they are from.
SourceKey layout_key(std::span<const WeightSpec> specs);

// Immutable; the mapping goes when the last owner goes.
class WeightPool {
 public:
  struct Place {
    std::filesystem::path dir;
    std::string stem;  // of the file name, for people
    SourceKey key{};
    std::string file_name() const;
  };

  // Maps the pool at `place` if it is sound, else packs `specs` into it (beside it, fsync'd, then
  // renamed; the unfinished file has no name, so nothing is left behind by a crash). Processes that
  // come at once wait for the first. `progress(done, total)` in bytes, when given, is called while
  // packing. `prepare`, when given, is called once before packing, not where a sound pool is found:
  // it may complete what `specs` say of rounding.
  static Result<std::shared_ptr<const WeightPool>> open_or_pack(
      const Place& place, const gguf::File& source, std::span<const WeightSpec> specs, Arena& arena,
      const std::function<void(std::int64_t, std::int64_t)>& progress = {},
      const std::function<Result<void>()>& prepare = {});

  // Maps an image whose key is layout_key(specs). Errors: corrupt, io, with no more than the
  // reason.
  static Result<std::shared_ptr<const WeightPool>> open_image(const PoolImage& image,
                                                              std::span<const WeightSpec> specs,
                                                              Arena& arena);

  ~WeightPool();
  WeightPool(const WeightPool&) = delete;
  WeightPool& operator=(const WeightPool&) = delete;

  kernels::PackedMatrix matrix(std::string_view name) const;  // the name must exist, with that kind
  const float* floats(std::string_view name) const;

  const std::filesystem::path& path() const { return path_; }
  std::int64_t bytes() const { return bytes_; }
  // The file shrank, or could not be read, while it was mapped: some weights read as zeros.
  bool lost() const;
  // The whole mapping, and where in it each weight begins: for placement.
  std::span<const std::uint8_t> memory() const { return {base_, static_cast<std::size_t>(bytes_)}; }
  const std::map<std::string, std::int64_t, std::less<>>& offsets() const { return offsets_; }
  bool packed_now() const { return packed_now_; }
  // Why an existing file was not used; empty when there was none or it was sound.
  const std::string& repacked_because() const { return repacked_because_; }

 private:
  WeightPool() = default;
  std::filesystem::path path_;
  const std::uint8_t* base_ = nullptr;
  std::unique_ptr<LossGuard> guard_;
  std::int64_t bytes_ = 0;
  bool packed_now_ = false;
  std::string repacked_because_;
  std::map<std::string, std::int64_t, std::less<>> offsets_;

  friend Result<std::shared_ptr<WeightPool>> map_pool(const PoolImage&, const SourceKey&,
                                                      std::span<const WeightSpec>, Arena&);
};

}  // namespace pincer
