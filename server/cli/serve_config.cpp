#include "server/cli/serve_config.h"

#include <fmt/format.h>
#include <spdlog/common.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <type_traits>

#include "pincer/engine/kv_format.h"
#include "server/cli/size_text.h"
#include "server/http/request_timeout.h"
#include "server/route/nearest_name.h"
#include "server/route/router_config.h"

namespace pincer {
namespace {

using Setter = std::function<void(const YAML::Node&)>;

Setter trace_access(std::string& field) {
  return [&field](const YAML::Node& n) {
    field = n.as<std::string>();
    if (field != "local" && field != "all")
      throw YAML::Exception(n.Mark(), fmt::format("'{}' is neither local nor all", field));
  };
}

void require_known_version(const YAML::Node& n) {
  if (n.as<int>() == 1) return;
  throw YAML::Exception(
      n.Mark(), fmt::format("{} is not 1, the version of this file that is known", n.Scalar()));
}

std::map<std::string, Setter> setters(ServeConfig& c) {
  const auto number = [](int& field, int low, int high) {
    return [&field, low, high](const YAML::Node& n) {
      const int value = n.as<int>();
      if (value < low || value > high)
        throw YAML::Exception(n.Mark(), fmt::format("{} is not in {} to {}", value, low, high));
      field = value;
    };
  };
  const auto text = [](std::string& field) {
    return [&field](const YAML::Node& n) { field = n.as<std::string>(); };
  };
  const auto flag = [](bool& field) {
    return [&field](const YAML::Node& n) { field = n.as<bool>(); };
  };
  const auto kv_format = [](std::string& field) {
    return [&field](const YAML::Node& n) {
      field = n.as<std::string>();
      if (!parse_kv_format(field))
        throw YAML::Exception(n.Mark(), fmt::format("'{}' is not int8, f16 or f32", field));
    };
  };
  const auto texts = [](std::vector<std::string>& field) {
    return [&field](const YAML::Node& n) {
      field = n.IsScalar() ? std::vector{n.as<std::string>()} : n.as<std::vector<std::string>>();
    };
  };
  const auto parsed = [](auto& field, auto parse) {
    return [&field, parse](const YAML::Node& n) {
      auto value = parse(n.as<std::string>());
      if (!value) throw YAML::Exception(n.Mark(), value.error().message);
      field = *value;
    };
  };
  const auto size = [](auto& field, std::int64_t low, std::int64_t high) {
    return [&field, low, high](const YAML::Node& n) {
      const auto value = parse_size(n.as<std::string>());
      if (!value) throw YAML::Exception(n.Mark(), value.error().message);
      if (*value < low || *value > high)
        throw YAML::Exception(n.Mark(), fmt::format("{} is not in {} to {}", *value, low, high));
      field = static_cast<std::remove_reference_t<decltype(field)>>(*value);
    };
  };
  const auto level = [](std::string& field) {
    return [&field](const YAML::Node& n) {
      field = n.as<std::string>();
      if (field == "false") field = "off";  // as YAML reads it
      if (field != "off" && spdlog::level::from_str(field) == spdlog::level::off)
        throw YAML::Exception(
            n.Mark(),
            fmt::format("'{}' is not one of trace, debug, info, warn, error, off", field));
    };
  };
  const auto speculation = [](Speculation& field) {
    return [&field](const YAML::Node& n) {
      const auto name = n.as<std::string>();
      // YAML reads a bare `off` as false; both are meant.
      const bool off = name == "off" || name == "false";
      if (!off && name != "ngram")
        throw YAML::Exception(n.Mark(), fmt::format("'{}' is neither ngram nor off", name));
      field = off ? Speculation::off : Speculation::ngram;
    };
  };
  return {
      {"version", require_known_version},
      {"listen", texts(c.listen)},
      {"model", texts(c.models)},
      {"api_key_file", text(c.api_key_file)},
      {"allowed_hosts", texts(c.allowed_hosts)},
      {"trace_access", trace_access(c.trace_access)},
      {"allowed_origins", texts(c.allowed_origins)},
      {"tls_cert", text(c.tls_certificate)},
      {"tls_key", text(c.tls_key)},
      {"socket_mode", parsed(c.socket_mode, parse_socket_mode)},
      {"weights",
       [&c](const YAML::Node& n) {
         const auto format = find_weight_format(n.as<std::string>());
         if (!format) {
           throw YAML::Exception(n.Mark(), fmt::format("'{}' is not one of {}", n.as<std::string>(),
                                                       weight_format_names()));
         }
         c.weights = *format;
       }},
      {"threads", number(c.threads, 0, 1024)},
      {"context", number(c.context, 0, 1 << 28)},
      {"io_threads", number(c.io_threads, 1, 2)},
      {"max_active", number(c.max_active, 1, 4096)},
      {"max_queued", number(c.max_queued, 0, 1 << 20)},
      {"prefill_chunk", number(c.prefill_chunk, 1, 1 << 16)},
      {"kv", kv_format(c.kv)},
      {"prefix_cache", flag(c.prefix_cache)},
      {"context_shift", flag(c.context_shift)},
      {"reasoning", flag(c.reasoning)},
      {"pool_budget", parsed(c.pool_budget, parse_size)},
      {"weights_node", parsed(c.placement, parse_placement)},
      {"tier", parsed(c.placement, parse_placement)},
      {"step_target", number(c.step_target_ms, 1, 60000)},
      {"speculate", speculation(c.speculation)},
      {"draft", text(c.draft)},
      {"drain_seconds", number(c.drain_seconds, 0, 86400)},
      {"max_connections", size(c.limits.connections, 1, 1 << 20)},
      {"max_header", size(c.limits.header_bytes, 1 << 10, 1 << 20)},
      {"max_body", size(c.limits.body_bytes, 1 << 10, std::int64_t{1} << 30)},
      {"header_timeout", parsed(c.limits.header_timeout, parse_timeout)},
      {"body_timeout", parsed(c.limits.body_timeout, parse_timeout)},
      {"idle_timeout", parsed(c.limits.idle_timeout, parse_timeout)},
      {"write_timeout", parsed(c.limits.write_timeout, parse_timeout)},
      {"max_queue_wait", parsed(c.limits.max_queue_wait, parse_wait)},
      {"queue_timeout", parsed(c.limits.queue_timeout, parse_wait)},
      {"request_timeout", parsed(c.limits.request_timeout, parse_wait)},
      {"access_log", text(c.access_log)},
      {"log_level", level(c.log_level)},
  };
}

std::vector<std::string> key_names(const std::map<std::string, Setter>& known) {
  std::vector<std::string> names = router_config_keys();
  for (const auto& [name, setter] : known) names.push_back(name);
  return names;
}

}  // namespace

Result<unsigned> parse_socket_mode(const std::string& text) {
  const bool octal =
      !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
  const unsigned mode = octal ? static_cast<unsigned>(std::stoul(text, nullptr, 8)) : 0;
  if (mode > 0 && mode <= 0777) return mode;
  return Error{ErrorCode::invalid_argument,
               fmt::format("'{}' is not the mode of a file, such as 660", text)};
}

Result<std::chrono::milliseconds> parse_wait(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  return parse_timeout(text);
}

Result<void> read_serve_config(const std::filesystem::path& file, ServeConfig& config) {
  std::string key;
  try {
    const YAML::Node root = YAML::LoadFile(file.string());
    if (root.IsNull()) return {};
    if (!root.IsMap())
      return Error{ErrorCode::invalid_argument,
                   fmt::format("{} is not a list of `key: value` lines", file.string())};
    const std::map<std::string, Setter> known = setters(config);
    for (const auto& entry : root) {
      key = entry.first.as<std::string>();
      if (std::ranges::find(router_config_keys(), key) != router_config_keys().end()) continue;
      const auto setter = known.find(key);
      if (setter == known.end()) {
        return Error{
            ErrorCode::invalid_argument,
            fmt::format("{}:{}: unknown key '{}'; did you mean '{}'?", file.string(),
                        entry.first.Mark().line + 1, key, nearest_name(key, key_names(known)))};
      }
      setter->second(entry.second);
    }
    key.clear();
    read_router_config(root, config.router);
  } catch (const YAML::BadFile&) {
    return Error{ErrorCode::io, fmt::format("cannot read the configuration {}: {}", file.string(),
                                            std::strerror(errno))};
  } catch (const YAML::Exception& e) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}:{}: {}{}", file.string(), e.mark.line + 1,
                             key.empty() ? "" : fmt::format("'{}': ", key), e.msg)};
  }
  return {};
}

}  // namespace pincer
