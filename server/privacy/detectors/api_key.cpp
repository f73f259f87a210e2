// Keys that their issuers mark with a prefix.
#include <algorithm>
#include <array>
#include <vector>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

struct Prefix {
  std::string_view text;
  std::size_t shortest;          // of what follows
  std::string_view also = "_-";  // beside letters and digits
};

// Where one is the beginning of another, the longer stands first.
constexpr Prefix kPrefixes[] = {
    {"sk-ant-", 20},
    {"sk-proj-", 20},
    {"sk-or-v1-", 20},
    {"sk-svcacct-", 20},
    {"sk-lf-", 20},
    {"sk-", 20},
    {"sk_live_", 16},
    {"sk_test_", 16},
    {"rk_live_", 16},
    {"rk_test_", 16},
    {"whsec_", 16, "+/="},
    {"ghp_", 30},
    {"gho_", 30},
    {"ghu_", 30},
    {"ghs_", 30, "_-."},
    {"ghr_", 30},
    {"github_pat_", 22},
    {"glpat-", 20, "_-."},
    {"glptt-", 20},
    {"gldt-", 20},
    {"glrt-", 20},
    {"glsa_", 20},
    {"glc_", 20, "+/="},
    {"AKIA", 16, ""},
    {"ASIA", 16, ""},
    {"ABIA", 16, ""},
    {"ACCA", 16, ""},
    {"AIza", 35},
    {"ya29.", 20},
    {"GOCSPX-", 20},
    {"xoxb-", 20},
    {"xoxp-", 20},
    {"xoxa-", 20},
    {"xoxr-", 20},
    {"xoxs-", 20},
    {"xoxe-", 20},
    {"xoxe.xoxp-", 20},
    {"xapp-", 20},
    {"hf_", 30},
    {"api_org_", 30},
    {"npm_", 30},
    {"pypi-", 40},
    {"dckr_pat_", 20},
    {"SG.", 40, "_-."},
    {"dop_v1_", 40},
    {"doo_v1_", 40},
    {"shpat_", 30},
    {"shpss_", 30},
    {"shpca_", 30},
    {"r8_", 30},
    {"gsk_", 40},
    {"xai-", 40},
    {"nvapi-", 40},
    {"tvly-", 20},
    {"pplx-", 40},
    {"lin_api_", 30},
    {"ATATT3", 40, "_-="},
    {"ATCTT3", 40, "_-="},
    {"AGE-SECRET-KEY-1", 50, ""},
    {"sq0atp-", 20},
    {"sq0csp-", 20},
    {"EAAA", 56},
    {"PMAK-", 40},
    {"rubygems_", 40},
    {"hvs.", 20},
    {"hvb.", 20},
    {"dapi", 32, ""},
    {"key-", 32, ""},
    {"NRAK-", 20},
    {"phc_", 30},
    {"phx_", 30},
    {"sntrys_", 40, "_-+/="},
    {"ntn_", 40},
    {"secret_", 40},
    {"figd_", 30},
    {"fo1_", 30},
    {"tskey-", 20},
    {"CFPAT-", 40},
    {"pat-na1-", 30},
    {"pul-", 40},
    {"vercel_", 20},
    {"sbp_", 40},
    {"AC", 32, "\1"},
    {"SK", 32, "\1"},
};

// Those that begin with a byte, in the order of the list.
const std::array<std::vector<Prefix>, 256>& prefixes_by_byte() {
  static const auto table = [] {
    std::array<std::vector<Prefix>, 256> by_byte;
    for (const Prefix& p : kPrefixes) by_byte[static_cast<unsigned char>(p.text[0])].push_back(p);
    return by_byte;
  }();
  return table;
}

constexpr std::size_t kLookedAt = 512;  // of what follows a prefix, to say whether it is a key

bool is_random(std::string_view body, const Prefix& prefix, bool hex_only) {
  const bool digits = std::ranges::any_of(body, is_digit);
  if (hex_only) return digits && std::ranges::all_of(body, is_hex);
  const bool upper_case = std::ranges::any_of(body, is_upper);
  const bool lower_case = std::ranges::any_of(body, is_lower);
  if (prefix.also.empty()) return upper_case || lower_case;  // longer than any word
  return (digits && (upper_case || lower_case)) || (upper_case && lower_case);
}

// Behind the key at `i`, or `i`.
std::size_t key_end(std::string_view text, std::size_t i, const std::vector<Prefix>& prefixes) {
  for (const Prefix& prefix : prefixes) {
    if (prefix.text[1] != at(text, i + 1) || !text.substr(i).starts_with(prefix.text)) continue;
    std::size_t end = i + prefix.text.size();
    const std::size_t body = end;
    const bool hex = prefix.also == "\1";  // Twilio: two letters and 32 hexadecimal digits
    const auto belongs = [&](char c) {
      return is_alnum(c) || (!hex && c != '\0' && prefix.also.find(c) != std::string_view::npos);
    };
    while (end - body < kLookedAt && belongs(at(text, end))) ++end;
    if (end - body >= prefix.shortest && is_random(text.substr(body, end - body), prefix, hex)) {
      while (belongs(at(text, end))) ++end;
    }
    while (end > body && text[end - 1] == '.') --end;
    if (hex && end - body != 32) continue;
    if (end - body >= prefix.shortest && is_random(text.substr(body, end - body), prefix, hex))
      return end;
  }
  return i;
}

// 123456789:AA…, a bot's token of Telegram.
std::size_t telegram_end(std::string_view text, std::size_t i) {
  std::size_t colon = i;
  while (is_digit(at(text, colon)) && colon - i <= 10) ++colon;
  if (colon - i < 8 || colon - i > 10 || at(text, colon) != ':') return i;
  if (!text.substr(colon + 1).starts_with("AA")) return i;
  std::size_t end = colon + 1;
  while (is_word(at(text, end)) || at(text, end) == '-') ++end;
  return end - colon - 1 == 35 ? end : i;
}

void find_slack_hooks(std::string_view text, Findings& out) {
  constexpr std::string_view kHook = "hooks.slack.com/services/";
  for (std::size_t i = text.find(kHook); i != std::string_view::npos; i = text.find(kHook, i + 1)) {
    const std::size_t begin = i + kHook.size();
    std::size_t end = begin;
    while (is_alnum(at(text, end)) || at(text, end) == '/') ++end;
    if (end - begin >= 20) out.push_back({PrivacyClass::api_key, begin, end, Confidence::format});
  }
}

}  // namespace

void find_api_keys(std::string_view text, Findings& out) {
  const auto& by_byte = prefixes_by_byte();
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char c = text[i];
    if (!is_alnum(c) || is_alnum(before(text, i))) continue;
    const auto& prefixes = by_byte[static_cast<unsigned char>(c)];
    const std::size_t end = is_digit(c) ? telegram_end(text, i) : key_end(text, i, prefixes);
    if (end == i) continue;
    out.push_back({PrivacyClass::api_key, i, end, Confidence::format});
    i = end - 1;
  }
  find_slack_hooks(text, out);
}

}  // namespace pincer::privacy
