// pincer pool simulate: what decoding would do on memory of two speeds.
#include "server/cli/tier_command.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <map>

#include "engine/limits/memory_room.h"
#include "pincer/engine/gguf.h"
#include "pincer/engine/tiers.h"
#include "server/cli/model_store.h"
#include "server/cli/size_text.h"

namespace pincer {
namespace {

struct TierFlags {
  std::string model, near_text, far_text;
  bool json = false;
};

// "16G@80": 16 GB that are read at 80 GB/s.
Result<MemoryTier> parse_tier(const std::string& name, const std::string& text) {
  const Error wrong{ErrorCode::invalid_argument,
                    fmt::format("'{}' is no tier; write size and GB/s, as in 16G@80", text)};
  const auto at = text.find('@');
  if (at == std::string::npos) return wrong;
  const auto capacity = parse_size(text.substr(0, at));
  double rate = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + at + 1, end, rate);
  if (!capacity || parsed.ec != std::errc() || parsed.ptr != end || !(rate > 0)) return wrong;
  return MemoryTier{name, *capacity, rate * 1e9};
}

// INT8 with a scale for each 32 weights: 34 bytes for 32.
std::int64_t packed_bytes(const gguf::Tensor& t) { return t.rows() * t.cols() * 34 / 32; }

// The matrices of the file: its layers, then the head (the embedding where there is no other).
Result<ReadTrace> trace_of(const std::string& model) {
  const auto path = resolve_model(model);
  if (!path) return path.error();
  const auto file = gguf::File::open(*path);
  if (!file) return file.error();
  std::map<int, std::int64_t> layers;
  std::int64_t embedding = 0, head = 0;
  for (const gguf::Tensor& t : file->tensors()) {
    int layer = 0;
    if (t.name.starts_with("blk.") &&
        std::from_chars(t.name.data() + 4, t.name.data() + t.name.size(), layer).ec ==
            std::errc()) {
      layers[layer] += packed_bytes(t);
    }
    if (t.name == "token_embd.weight") embedding = packed_bytes(t);
    if (t.name == "output.weight") head = packed_bytes(t);
  }
  if (layers.empty())
    return Error{ErrorCode::unsupported, fmt::format("{} has no layers", path->string())};
  ReadTrace trace = decode_trace(static_cast<int>(layers.size()), 0, head > 0 ? head : embedding);
  std::size_t part = 0;
  for (const auto& [layer, bytes] : layers) trace.part_bytes[part++] = bytes;
  return trace;
}

int run(const TierFlags& flags) {
  const auto near_tier = parse_tier("near", flags.near_text),
             far_tier = parse_tier("far", flags.far_text);
  if (!near_tier) return fail_usage(near_tier.error().message);
  if (!far_tier) return fail_usage(far_tier.error().message);
  const auto trace = trace_of(flags.model);
  if (!trace) return fail(trace.error());
  const std::vector<MemoryTier> tiers = {*near_tier, *far_tier};
  const int fits = layers_that_fit(tiers, *trace);
  std::vector<TierPlacement> placements = {all_on(*trace, 2, 0), all_on(*trace, 2, 1)};
  placements[0].name = "all near";
  placements[1].name = "all far";
  placements.push_back(first_near(*trace, fits / 2));
  placements.push_back(first_near(*trace, fits));
  placements.push_back(interleaved(tiers, *trace));
  boost::json::array rows;
  std::string table =
      fmt::format("{:<26} {:>9} {:>9} {:>10}\n", "placement", "near", "far", "tokens/s");
  for (const TierPlacement& p : placements) {
    const auto result = simulate(tiers, *trace, p);
    if (!result) {
      table += fmt::format("{:<26} does not fit: {}\n", p.name, result.error().message);
      rows.push_back({{"placement", p.name}, {"fits", false}});
      continue;
    }
    const auto held = [&](std::size_t t) {
      return human_bytes(static_cast<std::int64_t>(result->tier_bytes[t]));
    };
    table += fmt::format("{:<26} {:>9} {:>9} {:>10.2f}\n", p.name, held(0), held(1),
                         result->tokens_per_s());
    rows.push_back({{"placement", p.name},
                    {"fits", true},
                    {"near_bytes", result->tier_bytes[0]},
                    {"far_bytes", result->tier_bytes[1]},
                    {"tokens_per_s", result->tokens_per_s()}});
  }
  if (flags.json) {
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"schema", 1}, {"placements", rows}}));
  } else {
    fmt::print("{}", table);
  }
  return kOk;
}

}  // namespace

void add_tier_command(CLI::App& pool, Action& action) {
  const auto flags = std::make_shared<TierFlags>();
  CLI::App* sub = pool.add_subcommand(
      "simulate",
      "Estimate decoding from memory of two speeds, for some placements of the weights");
  sub->add_option("model", flags->model, "a catalogue name, or a .gguf file")->required();
  sub->add_option("--near", flags->near_text, "size and GB/s of the fast tier, as in 16G@80")
      ->required();
  sub->add_option("--far", flags->far_text, "size and GB/s of the slow tier, as in 64G@25")
      ->required();
  sub->add_flag("--json", flags->json, "print one JSON object");
  sub->footer("Example:\n  pincer pool simulate model.gguf --near 4G@80 --far 64G@25");
  sub->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace pincer
