// A model file whose weights are packed already: GGUF with the metadata, the embedding, norms,
// biases and a pool image, which is mapped where it is. `pincer quantize` writes it.
//
// The matrices of the model are not in it as tensors: `pincer.packed.tensors` lists their names and
// shapes, so that a file is planned, and checked, as its original was. The image is the tensor
// `pincer.packed`, F32 by name only, at a multiple of kImageAlign.
#pragma once

#include <optional>
#include <vector>

#include "pincer/engine/gguf.h"
#include "pincer/engine/result.h"
#include "pincer/engine/weight_format.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

// A multiple of the pages of every system that this runs on.
inline constexpr std::int64_t kImageAlign = 1 << 16;

struct PackedFile {
  WeightFormat format = kDefaultWeights;
  PoolImage image;
};

// Nullopt: `file` is an ordinary one. Else its tensors become those of the original, whose data is
// empty but for the few that it has. Errors: corrupt; unsupported (of another version).
Result<std::optional<PackedFile>> read_packed_file(gguf::File& file);

// Everything of a packed file that stands before the image.
struct PackedHead {
  std::vector<std::byte> bytes;  // from the start: all but the data of tensors
  std::vector<const gguf::Tensor*> tensors;
  std::vector<std::int64_t> offsets;  // in the file, of the tensors
  std::int64_t image_offset = 0;
};
PackedHead packed_head(const gguf::File& source, WeightFormat format, std::int64_t image_bytes);

}  // namespace pincer
