// The tuning of a machine as a text file, which people may read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pincer/kernels/tuning.h"

namespace pincer {

// What a tuning holds for: it is measured again when any of this changes.
struct TuningKey {
  const kernels::ProductKernels& kernels;
  kernels::Isa limit;
  int threads;

  // The lines that a file for it starts with: the format's version, the CPU, the threads, the
  // layout, the kernels.
  std::string head() const;
};

std::string write_tuning(const TuningKey& key, const kernels::Tuning& tuning);

// Nothing when the text is for another key, damaged or not complete: then it is as if there were
// none.
std::optional<kernels::Tuning> read_tuning(const TuningKey& key, std::string_view text);

}  // namespace pincer
