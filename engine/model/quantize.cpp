#include "pincer/engine/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/model/model_builder.h"
#include "engine/pool/pack_weight.h"
#include "engine/pool/unfinished_file.h"
#include "pincer/engine/engine.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

// "down" of "blk.7.down".
std::string kind_of(const std::string& weight) {
  const auto dot = weight.rfind('.');
  return dot == std::string::npos ? weight : weight.substr(dot + 1);
}

std::vector<QuantizedKind> by_kind(std::span<const WeightSpec> specs,
                                   std::span<const PackingError> errors) {
  std::vector<QuantizedKind> kinds;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].kind != WeightSpec::Kind::packed) continue;
    const std::string name = kind_of(specs[i].name);
    auto kind = std::find_if(kinds.begin(), kinds.end(),
                             [&](const QuantizedKind& k) { return k.name == name; });
    if (kind == kinds.end()) {
      kind = kinds.insert(kinds.end(), QuantizedKind());
      kind->name = name;
    }
    kind->weights += specs[i].n * specs[i].k;
    kind->bytes += packed_bytes(specs[i]);
    kind->error_squares += errors[i].squares;
    kind->weight_squares += errors[i].weights;
  }
  return kinds;
}

}  // namespace

double QuantizedKind::relative_rms() const {
  return weight_squares > 0 ? std::sqrt(error_squares / weight_squares) : 0;
}

double QuantizedKind::sqnr_db() const {
  return error_squares > 0 ? 10 * std::log10(weight_squares / error_squares)
                           : std::numeric_limits<double>::infinity();
}

Result<QuantizedModel> ModelBuilder::write_packed(const fs::path& out) {
  auto specs = plan();
  if (!specs) return specs.error();
  const std::int64_t bytes = pool_file_bytes(plan_pool(*specs));
  constexpr std::string_view kElsewhere =
      "choose a folder on another disk, or one that can be written";
  auto file = UnfinishedFile::beside(out, kElsewhere);
  if (!file) return file.error();
  if (auto calibrated = calibrate_specs(*specs, bytes); !calibrated) return calibrated.error();
  const PackedHead head = packed_head(*source_, options_.format, bytes);
  PoolTarget to{.fd = file->fd(),
                .file = out,
                .what = "the packed model",
                .elsewhere = kElsewhere,
                .key = layout_key(*specs),
                .offset = head.image_offset,
                .before = {{0, head.bytes}}};
  for (std::size_t i = 0; i < head.tensors.size(); ++i) {
    to.before.push_back({head.offsets[i], head.tensors[i]->data});
  }
  const auto progress = [&](std::int64_t done, std::int64_t total) {
    source_->let_go();
    if (options_.progress) options_.progress(total + done, 2 * total);
  };
  std::vector<PackingError> errors;
  if (auto written = write_pool(to, *specs, arena_, progress, &errors); !written) {
    return written.error();
  }
  if (source_->lost()) {
    return Error{ErrorCode::corrupt,
                 fmt::format("{} shrank while it was being read", source_->path().string())};
  }
  if (auto published = file->publish(); !published) return published.error();
  return QuantizedModel{by_kind(*specs, errors), static_cast<std::int64_t>(source_->size()),
                        head.image_offset + bytes};
}

Result<QuantizedModel> quantize_model(const fs::path& in, const fs::path& out,
                                      const QuantizeOptions& options) {
  std::error_code none;  // of a file that is not there: no equal
  if (fs::equivalent(in, out, none)) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} is both the model to read and the file to write; name another "
                             "file to write",
                             in.string())};
  }
  if (fs::is_directory(out, none)) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} is a folder; name a file to write", out.string())};
  }
  auto opened = gguf::File::open(in);
  if (!opened) return opened.error();
  const auto file = std::make_shared<gguf::File>(std::move(*opened));
  const auto packed = read_packed_file(*file);
  if (!packed) return packed.error();
  if (*packed) {
    return Error{ErrorCode::unsupported,
                 fmt::format("{} holds {} weights that are packed already; quantize the original "
                             "file",
                             in.string(), name((*packed)->format))};
  }
  LoadOptions load;
  load.format = options.format;
  load.progress = options.progress;
  Arena arena(options.threads > 0 ? options.threads : default_threads());
  return ModelBuilder(file, load, arena).write_packed(out);
}

}  // namespace pincer
