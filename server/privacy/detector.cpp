#include "server/privacy/detector.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <exception>
#include <string>
#include <utility>

#include "server/privacy/detectors/detectors.h"
#include "server/privacy/detectors/name.h"

namespace pincer {
namespace {

using Classes = std::bitset<kPrivacyClasses>;

void add(Classes& classes, PrivacyClass kind) { classes.set(static_cast<std::size_t>(kind)); }
bool has(const Classes& classes, PrivacyClass kind) {
  return classes.test(static_cast<std::size_t>(kind));
}

// "secret" stands for all that opens something.
constexpr std::array kSecrets{PrivacyClass::private_key, PrivacyClass::api_key, PrivacyClass::jwt,
                              PrivacyClass::url_credentials, PrivacyClass::password};

Result<Classes> wanted_classes(const PrivacyConfig& config) {
  Classes classes;
  for (const std::string& name : config.detect) {
    if (name == "secret") {
      for (const PrivacyClass kind : kSecrets) add(classes, kind);
      continue;
    }
    const auto kind = class_of_name(name);
    if (!kind) {
      std::vector<std::string_view> known;
      for (const PrivacyClass each : privacy_classes()) known.push_back(class_name(each));
      return Error{ErrorCode::invalid_argument,
                   fmt::format("privacy.detect: there is no class \"{}\"; there are secret, {}",
                               name, fmt::join(known, ", "))};
    }
    add(classes, *kind);
  }
  if (config.detect.empty()) classes.set();
  if (has(classes, PrivacyClass::name) && !config.detect.empty() && config.names_file.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "privacy.detect: the class \"name\" needs a list; set privacy.names_file"};
  }
  if (!has(classes, PrivacyClass::name) && !config.names_file.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "privacy.names_file is set, but privacy.detect has no \"name\"; add it"};
  }
  return classes;
}

constexpr std::pair<PrivacyClass, void (*)(std::string_view, Findings&)> kScanners[] = {
    {PrivacyClass::private_key, privacy::find_private_keys},
    {PrivacyClass::api_key, privacy::find_api_keys},
    {PrivacyClass::jwt, privacy::find_jwts},
    {PrivacyClass::url_credentials, privacy::find_url_credentials},
    {PrivacyClass::password, privacy::find_passwords},
    {PrivacyClass::crypto_address, privacy::find_crypto_addresses},
    {PrivacyClass::iban, privacy::find_ibans},
    {PrivacyClass::credit_card, privacy::find_credit_cards},
    {PrivacyClass::id_number, privacy::find_id_numbers},
    {PrivacyClass::email, privacy::find_emails},
    {PrivacyClass::phone, privacy::find_phones},
    {PrivacyClass::mac_address, privacy::find_mac_addresses},
    {PrivacyClass::ip_address, privacy::find_ip_addresses},
};

bool run(const Detector& detector, std::string_view text, Findings& findings) {
  const std::size_t first = findings.size();
  try {
    detector.find(text, findings);
  } catch (...) {
    return false;
  }
  return std::all_of(findings.begin() + static_cast<std::ptrdiff_t>(first), findings.end(),
                     [&](const Finding& f) { return f.begin < f.end && f.end <= text.size(); });
}

}  // namespace

Result<std::vector<Detector>> make_detectors(const PrivacyConfig& config) {
  const auto classes = wanted_classes(config);
  if (!classes) return classes.error();
  std::vector<Detector> detectors;
  for (const auto& [kind, find] : kScanners) {
    if (has(*classes, kind)) detectors.push_back({.kind = kind, .find = find});
  }
  if (!config.names_file.empty()) {
    auto names = privacy::read_names(config.names_file);
    if (!names) return names.error();
    detectors.push_back({.kind = PrivacyClass::name,
                         .find = [list = std::move(*names)](std::string_view text, Findings& out) {
                           privacy::find_names(*list, text, out);
                         }});
  }
  return detectors;
}

Result<Findings> detect(std::string_view text, const std::vector<Detector>& detectors) {
  Findings findings;
  for (const Detector& detector : detectors) {
    if (!run(detector, text, findings)) {
      return Error{ErrorCode::unsupported,
                   fmt::format("the privacy detector of {} failed; the request stays local",
                               class_name(detector.kind))};
    }
  }
  return resolve_overlaps(std::move(findings));
}

Findings resolve_overlaps(Findings findings) {
  std::ranges::sort(findings, {}, [](const Finding& f) { return std::pair(f.begin, f.end); });
  Findings resolved;
  std::size_t longest = 0;  // of those that became resolved.back()
  for (const Finding& finding : findings) {
    const std::size_t size = finding.end - finding.begin;
    if (resolved.empty() || finding.begin >= resolved.back().end) {
      resolved.push_back(finding);
      longest = size;
      continue;
    }
    Finding& covering = resolved.back();
    if (size > longest || (size == longest && finding.kind < covering.kind)) {
      covering.kind = finding.kind;
      covering.confidence = finding.confidence;
      longest = size;
    }
    covering.end = std::max(covering.end, finding.end);
  }
  return resolved;
}

}  // namespace pincer
