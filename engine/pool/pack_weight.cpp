#include "engine/pool/pack_weight.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/parallel/arena.h"
#include "pincer/kernels/pack.h"

namespace pincer {
namespace {

// All rows of a weight whose rows are mixed, [n][k].
std::vector<float> mixed_rows(const WeightSpec& spec, Arena& arena) {
  std::vector<float> rows(static_cast<std::size_t>(spec.n * spec.k));
  arena.split(spec.n, 16, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) spec.row(r, rows.data() + r * spec.k);
  });
  constexpr std::int64_t kColumns = 32;
  arena.split((spec.k + kColumns - 1) / kColumns, 1,
              [&](std::int64_t begin, std::int64_t end, int) {
                std::vector<float> slice(static_cast<std::size_t>(spec.n * kColumns));
                for (std::int64_t first = begin * kColumns;
                     first < std::min(end * kColumns, spec.k); first += kColumns) {
                  const std::int64_t count = std::min(kColumns, spec.k - first);
                  for (std::int64_t r = 0; r < spec.n; ++r) {
                    std::copy_n(rows.data() + r * spec.k + first, count, slice.data() + r * count);
                  }
                  spec.mix_rows(slice.data(), count);
                  for (std::int64_t r = 0; r < spec.n; ++r) {
                    std::copy_n(slice.data() + r * count, count, rows.data() + r * spec.k + first);
                  }
                }
              });
  return rows;
}

// Of the rows from `first` on.
PackingError error_of(const kernels::PackedMatrix& packed, std::int64_t first,
                      kernels::MatrixView<const float> rows) {
  PackingError error;
  std::vector<float> row(static_cast<std::size_t>(rows.cols));
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    kernels::unpack_row(packed, first + r, row.data());
    for (std::int64_t i = 0; i < rows.cols; ++i) {
      const double weight = rows.row(r)[i];
      const double difference = row[static_cast<std::size_t>(i)] - weight;
      error.squares += difference * difference;
      error.weights += weight * weight;
    }
  }
  return error;
}

}  // namespace

std::int64_t packed_bytes(const WeightSpec& spec) {
  if (spec.kind == WeightSpec::Kind::floats) {
    return spec.n * spec.k * static_cast<std::int64_t>(sizeof(float));
  }
  const kernels::PackedHeader header = kernels::make_packed_header(spec.layout, spec.n, spec.k);
  return static_cast<std::int64_t>(header.bytes);
}

void pack_weight(const WeightSpec& spec, Arena& arena, std::uint8_t* out, PackingError* error) {
  if (spec.kind == WeightSpec::Kind::floats) {
    std::vector<float> row(static_cast<std::size_t>(spec.k));
    for (std::int64_t r = 0; r < spec.n; ++r) {
      spec.row(r, row.data());
      std::memcpy(out + r * spec.k * 4, row.data(), row.size() * sizeof(float));
    }
    return;
  }
  const kernels::PackedHeader header = kernels::make_packed_header(spec.layout, spec.n, spec.k);
  std::memcpy(out, &header, sizeof header);
  const std::vector<float> mixed = spec.mix_rows ? mixed_rows(spec, arena) : std::vector<float>();
  const std::int64_t nr = spec.layout.nr, panels = (spec.n + nr - 1) / nr;
  std::vector<PackingError> errors(static_cast<std::size_t>(error != nullptr ? panels : 0));
  arena.split(panels, 4, [&](std::int64_t begin, std::int64_t end, int) {
    std::vector<float> read(static_cast<std::size_t>(nr * spec.k));
    for (std::int64_t p = begin; p < end; ++p) {
      const std::int64_t count = std::min(nr, spec.n - p * nr);
      const float* rows = read.data();
      if (spec.mix_rows) {
        rows = mixed.data() + p * nr * spec.k;
      } else {
        for (std::int64_t r = 0; r < count; ++r) spec.row(p * nr + r, read.data() + r * spec.k);
      }
      kernels::pack_panel(header, {rows, count, spec.k, spec.k},
                          out + sizeof header + static_cast<std::uint64_t>(p) * header.panel_bytes,
                          spec.feedback);
      if (error != nullptr) {
        errors[static_cast<std::size_t>(p)] =
            error_of({reinterpret_cast<const kernels::PackedHeader*>(out)}, p * nr,
                     {rows, count, spec.k, spec.k});
      }
    }
  });
  for (const PackingError& e : errors) {  // in order: the same sum for any number of threads
    error->squares += e.squares;
    error->weights += e.weights;
  }
}

}  // namespace pincer
