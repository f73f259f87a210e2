// What `pincer serve` needs to know: from a YAML file and flags; flags win.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pincer/engine/engine.h"
#include "pincer/engine/placement.h"
#include "pincer/engine/result.h"
#include "pincer/engine/weight_format.h"
#include "pincer/server/limits.h"
#include "server/route/route_config.h"

namespace pincer {

struct ServeConfig {
  std::vector<std::string> listen;  // empty: http://127.0.0.1:8080
  std::vector<std::string> models;  // the first is loaded at once; empty: the default model
  std::string api_key_file;         // see read_api_keys(); empty: no keys
  std::vector<std::string> allowed_hosts, allowed_origins;
  std::string tls_certificate, tls_key;  // PEM files for https://
  unsigned socket_mode = 0;              // of Unix sockets; 0: as the umask says
  std::string trace_access = "local";    // or all: who sees the dashboard's figures and traces
  WeightFormat weights = kDefaultWeights;
  int threads = 0, context = 0, io_threads = 1;
  int max_active = 32, max_queued = 128, prefill_chunk = 512;
  int step_target_ms = 50;
  Speculation speculation = Speculation::ngram;
  std::string draft;  // a model; empty: none
  int drain_seconds = 30;
  std::string kv = "int8";  // or f16, f32
  bool prefix_cache = true, context_shift = false;
  bool reasoning = true;         // models that can, think before they answer
  std::int64_t pool_budget = 0;  // bytes that all models together may map; 0: default_pool_budget()
  Placement placement;           // of the weights
  Limits limits;                 // of connections, sizes, times and waits
  std::string access_log;        // a file, or -; empty: none
  std::string log_level;         // debug, info, warn, error, off; empty: PINCER_LOG's, or info
  RouterConfig router;           // upstreams, routes, budgets, where conversations are kept
};

// Overwrites what the file names. Errors: unreadable, not YAML (with the line), an unknown key
// (with the nearest known one), a wrong type.
Result<void> read_serve_config(const std::filesystem::path& file, ServeConfig& config);

// A time to wait: "30s", "500ms"; "0" is none. Errors: invalid_argument.
Result<std::chrono::milliseconds> parse_wait(std::string_view text);

// A file's mode in octal digits. Errors: invalid_argument.
Result<unsigned> parse_socket_mode(const std::string& text);

}  // namespace pincer
