// The kernels' tuning of this machine, measured at the first load and then read from a file.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "pincer/kernels/tuning.h"

namespace pincer {

// Where the tuning for these kernels is kept. `dir` need not exist.
std::filesystem::path tuning_path(const std::filesystem::path& dir,
                                  const kernels::ProductKernels& kernels, kernels::Isa limit,
                                  int threads);

// What the file in `dir` says, if there is one for this machine, these kernels and so many threads.
std::optional<kernels::Tuning> read_tuned_products(const std::filesystem::path& dir,
                                                   const kernels::ProductKernels& kernels,
                                                   kernels::Isa limit, int threads);

// Measures with so many threads, which takes two seconds at the most, and keeps the result in
// `dir`; that it cannot be written only means that the next start measures again. So it is when
// `disturbed` says that others keep the cores busy (null: by what the system counts): measuring
// stops there and then, the usual plans are the answer, and nothing is kept.
kernels::Tuning measure_products(const std::filesystem::path& dir,
                                 const kernels::ProductKernels& kernels, kernels::Isa limit,
                                 int threads, const std::function<bool()>& disturbed = nullptr);

// The one, or else the other.
kernels::Tuning tuned_products(const std::filesystem::path& dir,
                               const kernels::ProductKernels& kernels, kernels::Isa limit,
                               int threads);

}  // namespace pincer
