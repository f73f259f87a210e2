#include "server/privacy/finding.h"

namespace pincer {
namespace {

struct Words {
  std::string_view name, label;
};

// By PrivacyClass. No label is the end of another: "MAIL" and "EMAIL" could be taken for each
// other.
constexpr std::array<Words, kPrivacyClasses> kWords{{
    {"private_key", "PRIVATE_KEY"},
    {"api_key", "API_KEY"},
    {"jwt", "JWT"},
    {"url_credentials", "CREDENTIALS"},
    {"password", "PASSWORD"},
    {"crypto_address", "WALLET"},
    {"iban", "IBAN"},
    {"credit_card", "CARD"},
    {"id_number", "ID_NUMBER"},
    {"email", "EMAIL"},
    {"phone", "PHONE"},
    {"mac_address", "MAC_ADDRESS"},
    {"ip_address", "IP_ADDRESS"},
    {"name", "NAME"},
}};

}  // namespace

const std::array<PrivacyClass, kPrivacyClasses>& privacy_classes() {
  static const auto all = [] {
    std::array<PrivacyClass, kPrivacyClasses> classes{};
    for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<PrivacyClass>(i);
    return classes;
  }();
  return all;
}

std::string_view class_name(PrivacyClass kind) {
  return kWords[static_cast<std::size_t>(kind)].name;
}

std::string_view class_label(PrivacyClass kind) {
  return kWords[static_cast<std::size_t>(kind)].label;
}

std::optional<PrivacyClass> class_of_name(std::string_view name) {
  for (const PrivacyClass kind : privacy_classes()) {
    if (class_name(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace pincer
