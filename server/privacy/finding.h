// What a detector found in a text, and the classes that it can be of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pincer {

// The stricter first: of two findings of the same length that overlap, the first class names both.
enum class PrivacyClass : std::uint8_t {
  private_key,
  api_key,
  jwt,
  url_credentials,
  password,
  crypto_address,
  iban,
  credit_card,
  id_number,
  email,
  phone,
  mac_address,
  ip_address,
  name,
};
constexpr std::size_t kPrivacyClasses = 14;

// Why a finding is believed.
enum class Confidence : std::uint8_t {
  checked,  // a check digit or a checksum is right
  format,   // a prefix or a form that little else has
  context,  // a word beside it says so
  listed,   // it stands in the operator's list
};

struct Finding {
  PrivacyClass kind = PrivacyClass::email;
  std::size_t begin = 0, end = 0;  // bytes of the text
  Confidence confidence = Confidence::format;
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

const std::array<PrivacyClass, kPrivacyClasses>& privacy_classes();
std::string_view class_name(PrivacyClass kind);   // "credit_card"
std::string_view class_label(PrivacyClass kind);  // in placeholders: "CARD"
std::optional<PrivacyClass> class_of_name(std::string_view name);

}  // namespace pincer
