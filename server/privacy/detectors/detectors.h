// One scanner a class. Each adds what it finds; none looks at a byte more than a bounded number of
// times. docs/privacy.md says what each covers and what it does not.
#pragma once

#include <string_view>

#include "server/privacy/finding.h"

namespace pincer::privacy {

void find_private_keys(std::string_view text, Findings& out);      // PEM blocks
void find_api_keys(std::string_view text, Findings& out);          // prefixes of known issuers
void find_jwts(std::string_view text, Findings& out);              // three parts in base64url
void find_url_credentials(std::string_view text, Findings& out);   // user:password of a URL
void find_passwords(std::string_view text, Findings& out);         // what is assigned to such names
void find_crypto_addresses(std::string_view text, Findings& out);  // with their checksums
void find_ibans(std::string_view text, Findings& out);             // ISO 13616
void find_credit_cards(std::string_view text, Findings& out);      // ISO 7812, Luhn
void find_id_numbers(std::string_view text, Findings& out);        // of seven states
void find_emails(std::string_view text, Findings& out);
void find_phones(std::string_view text, Findings& out);
void find_mac_addresses(std::string_view text, Findings& out);
void find_ip_addresses(std::string_view text, Findings& out);

}  // namespace pincer::privacy
