#include "server/http/trace_context.h"

#include <algorithm>

namespace pincer {
namespace {

constexpr std::size_t kVersion = 2, kTraceId = 32, kParentId = 16, kFlags = 2;
constexpr std::size_t kLength = kVersion + kTraceId + kParentId + kFlags + 3;
constexpr std::size_t kMaxRequestId = 128;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) {
  if (value.size() < kLength || (value.size() > kLength && value[kLength] != '-'))
    return std::nullopt;
  const std::string_view version = value.substr(0, kVersion);
  if (!is_lower_hex(version) || version == "ff") return std::nullopt;
  if (version == "00" && value.size() != kLength) return std::nullopt;
  const std::string_view trace_id = value.substr(kVersion + 1, kTraceId);
  const std::string_view parent_id = value.substr(kVersion + kTraceId + 2, kParentId);
  const std::string_view flags = value.substr(kLength - kFlags, kFlags);
  for (const std::size_t dash : {kVersion, kVersion + 1 + kTraceId, kLength - kFlags - 1}) {
    if (value[dash] != '-') return std::nullopt;
  }
  if (!is_id(trace_id) || !is_id(parent_id) || !is_lower_hex(flags)) return std::nullopt;
  // The lowest bit of the flags.
  const bool sampled = std::string_view("13579bdf").find(flags[1]) != std::string_view::npos;
  return TraceContext{std::string(trace_id), std::string(parent_id), sampled};
}

bool is_request_id(std::string_view value) {
  constexpr std::string_view kMore = "-_.:/=+";
  return !value.empty() && value.size() <= kMaxRequestId && std::ranges::all_of(value, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMore.find(c) != std::string_view::npos;
  });
}

}  // namespace pincer
