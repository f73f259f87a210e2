// What `pincer doctor` says of the kernels' tuning.
#pragma once

#include <boost/json/array.hpp>
#include <string>

#include "pincer/kernels/tuning.h"

namespace pincer {

// A line for each band in which something else than the usual plan was found to be faster, and what
// holds for the others.
std::string tuning_text(const kernels::Tuning& tuning);

// All bands: {"rows","weights","kernel","threads","split","ns","without_tuning_ns"}; rows and
// weights are null where they have no limit, times where nothing was measured.
boost::json::array tuning_json(const kernels::Tuning& tuning);

}  // namespace pincer
