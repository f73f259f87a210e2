#include "engine/gguf/tensors.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/gguf/messages.h"
#include "engine/gguf/types.h"

namespace pincer::gguf {
namespace {

constexpr std::uint64_t kMaxNameBytes = 64;  // the format's own limit
constexpr std::uint64_t kMaxTensors = std::uint64_t{1} << 17;
constexpr std::uint32_t kMaxDims = 4;
// Name of one byte, number of dimensions, one dimension, type, offset.
constexpr std::uint64_t kMinInfoBytes = 8 + 1 + 4 + 8 + 4 + 8;

struct TensorInfo {
  Tensor tensor;             // without its data
  std::uint64_t offset = 0;  // from the start of the data section
  std::uint64_t bytes = 0;
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t dim : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(dim);
  }
  return text + "]";
}

Result<std::vector<std::int64_t>> read_shape(Cursor& in) {
  const Result<std::uint32_t> dims = in.read<std::uint32_t>();
  if (!dims) return dims.error();
  if (*dims < 1 || *dims > kMaxDims) {
    return corrupt("has " + std::to_string(*dims) + " dimensions; 1 to " +
                   std::to_string(kMaxDims) + " are allowed");
  }
  std::vector<std::int64_t> shape;
  for (std::uint32_t i = 0; i < *dims; ++i) {
    const Result<std::int64_t> dim = in.read<std::int64_t>();
    if (!dim) return dim.error();
    if (*dim < 1) {
      return corrupt("dimension " + std::to_string(i) + " is " + std::to_string(*dim) +
                     "; it must be from 1 to 2^63-1");
    }
    shape.push_back(*dim);
  }
  return shape;
}

// The size of the data in bytes; checks that it fits 63 bits and that rows are whole blocks.
Result<std::uint64_t> data_bytes(const Tensor& tensor) {
  const std::int64_t block = block_elements(tensor.type);
  if (tensor.cols() % block != 0) {
    return corrupt("rows of " + std::to_string(tensor.cols()) + " elements are not a multiple of " +
                   std::string(type_name(tensor.type)) + "'s block of " + std::to_string(block));
  }
  std::int64_t elements = 1;
  std::int64_t bytes = 0;
  bool overflow = false;
  for (const std::int64_t dim : tensor.shape) {
    overflow = overflow || __builtin_mul_overflow(elements, dim, &elements);
  }
  overflow = overflow || __builtin_mul_overflow(elements / block, block_bytes(tensor.type), &bytes);
  if (overflow) {
    return corrupt("shape " + shape_text(tensor.shape) + " needs more than 2^63-1 bytes");
  }
  return static_cast<std::uint64_t>(bytes);
}

// What follows the name.
Result<void> read_description(Cursor& in, TensorInfo& info) {
  Result<std::vector<std::int64_t>> shape = read_shape(in);
  if (!shape) return shape.error();
  info.tensor.shape = std::move(shape).value();
  const Result<std::uint32_t> id = in.read<std::uint32_t>();
  if (!id) return id.error();
  const Result<TensorType> type = readable_type(*id);
  if (!type) return type.error();
  info.tensor.type = *type;
  const Result<std::uint64_t> bytes = data_bytes(info.tensor);
  if (!bytes) return bytes.error();
  info.bytes = *bytes;
  const Result<std::uint64_t> offset = in.read<std::uint64_t>();
  if (!offset) return offset.error();
  info.offset = *offset;
  return {};
}

Result<std::vector<TensorInfo>> read_infos(Cursor& in, std::uint64_t count) {
  std::vector<TensorInfo> infos;
  infos.reserve(count);
  std::set<std::string_view> names;  // into the file
  for (std::uint64_t i = 0; i < count; ++i) {
    const Result<std::string_view> name = in.read_string(kMaxNameBytes);
    if (!name) return in_context("name of tensor " + std::to_string(i), name.error());
    if (name->empty()) return corrupt("tensor " + std::to_string(i) + " has an empty name");
    if (!names.insert(*name).second) return corrupt("tensor " + in_quotes(*name) + " occurs twice");
    TensorInfo& info = infos.emplace_back();
    info.tensor.name = *name;
    if (Result<void> rest = read_description(in, info); !rest) {
      return in_context("tensor " + in_quotes(*name), rest.error());
    }
  }
  return infos;
}

Result<void> check_place(const TensorInfo& info, std::uint64_t alignment, std::uint64_t available) {
  if (info.offset % alignment != 0) {
    return corrupt("offset " + std::to_string(info.offset) +
                   " is not a multiple of the alignment " + std::to_string(alignment));
  }
  if (info.offset > available || info.bytes > available - info.offset) {
    return corrupt("its " + std::to_string(info.bytes) + " bytes at offset " +
                   std::to_string(info.offset) + " go beyond the " + std::to_string(available) +
                   " bytes of tensor data; the file is truncated or damaged, download it again");
  }
  return {};
}

// Shared bytes are never written by a converter; they would let a small file ask for endless work.
Result<void> check_disjoint(const std::vector<TensorInfo>& infos) {
  std::vector<const TensorInfo*> order;
  order.reserve(infos.size());
  for (const TensorInfo& info : infos) order.push_back(&info);
  std::sort(order.begin(), order.end(), [](const TensorInfo* a, const TensorInfo* b) {
    return a->offset != b->offset ? a->offset < b->offset : a->tensor.name < b->tensor.name;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->offset + order[i - 1]->bytes > order[i]->offset) {
      return corrupt("tensors " + in_quotes(order[i - 1]->tensor.name) + " and " +
                     in_quotes(order[i]->tensor.name) + " overlap at offset " +
                     std::to_string(order[i]->offset) + " of the tensor data");
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Tensor>> read_tensors(Cursor& in, std::uint64_t count, std::uint64_t alignment,
                                         std::span<const std::byte> file) {
  if (count > in.remaining() / kMinInfoBytes) {
    return corrupt(std::to_string(count) + " tensors, but the " + std::to_string(in.remaining()) +
                   " bytes left can describe at most " +
                   std::to_string(in.remaining() / kMinInfoBytes) +
                   "; the file is truncated or damaged, download it again");
  }
  if (count > kMaxTensors) {
    return over_limit(std::to_string(count) + " tensors; at most " + std::to_string(kMaxTensors) +
                      " are read");
  }
  Result<std::vector<TensorInfo>> infos = read_infos(in, count);
  if (!infos) return infos.error();

  // The alignment is at most 1 MiB and a file's size is far below 2^64: this does not wrap.
  const std::uint64_t start = (in.position() + alignment - 1) / alignment * alignment;
  const std::uint64_t available = file.size() > start ? file.size() - start : 0;
  for (TensorInfo& info : *infos) {
    if (Result<void> place = check_place(info, alignment, available); !place) {
      return in_context("tensor " + in_quotes(info.tensor.name), place.error());
    }
    info.tensor.data = file.subspan(start + info.offset, info.bytes);
  }
  if (Result<void> disjoint = check_disjoint(*infos); !disjoint) return disjoint.error();

  std::vector<Tensor> tensors;
  tensors.reserve(infos->size());
  for (TensorInfo& info : *infos) tensors.push_back(std::move(info.tensor));
  return tensors;
}

std::int64_t Tensor::rows() const {
  std::int64_t rows = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) rows *= shape[i];
  return rows;
}

void Tensor::row(std::int64_t r, float* dst) const {
  assert(r >= 0 && r < rows());
  const std::int64_t row_bytes = cols() / block_elements(type) * block_bytes(type);
  dequantize(type, data.data() + r * row_bytes, cols(), dst);
}

}  // namespace pincer::gguf
