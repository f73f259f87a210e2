#include "tests/server/privacy/planted_secret.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

namespace pincer::test {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kPasswordCharacters =
    "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%+-_*";

std::string word(Dice& dice) { return dice.of(kLower, 3 + dice.below(7)); }

PlantedSecret plant_email(Dice& dice) {
  const std::string tld = dice.one_of(std::vector<std::string>{
      "com", "org", "de", "co.uk", "io", "com.cn", "museum", "dev", "xn--p1ai", "technology"});
  const std::string domain = word(dice) + dice.of("0123456789", dice.below(3)) + "." + tld;
  const std::vector<std::pair<std::string, std::string>> forms{
      {"first.last", word(dice) + "." + word(dice) + "@" + domain},
      {"tag", word(dice) + "+" + word(dice) + "@" + domain},
      {"digits", word(dice) + dice.digits(4) + "@" + domain},
      {"underscore", word(dice) + "_" + word(dice) + "@mail." + domain},
      {"apostrophe", "o'" + word(dice) + "@" + domain},
      {"upper", "INFO" + dice.digits(3) + "@EXAMPLE-" + dice.digits(3) + ".COM"},
      {"hyphen", word(dice) + "-" + word(dice) + "@" + word(dice) + "-" + domain},
      {"umlaut", "j\u00f6rg." + word(dice) + "@b\u00fccher" + dice.digits(2) + ".de"},
      {"cyrillic", "\u043f\u043e\u0447\u0442\u0430" + dice.digits(2) +
                       "@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444"}};
  const auto form = dice.one_of(forms);
  return {"email", form.first, form.second, form.second};
}

PlantedSecret plant_ip(Dice& dice) {
  std::string value, form;
  if (dice.coin()) {
    const int first = dice.one_of(std::vector{10, 172, 192, 8, 54, 93, 141, 212});
    value = fmt::format("{}.{}.{}.{}", first, 16 + dice.below(200), dice.below(256),
                        1 + dice.below(254));
    form = "IPv4";
  } else {
    std::array<unsigned char, 16> bytes{};
    for (auto& b : bytes) b = static_cast<unsigned char>(dice.below(256));
    bytes[0] = dice.coin() ? 0x2a : 0xfd;
    if (dice.coin())
      std::fill(bytes.begin() + 6, bytes.begin() + 14, static_cast<unsigned char>(0));
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    value = text.data();
    form = "IPv6";
  }
  return {"ip_address", form, value, value};
}

PlantedSecret plant_mac(Dice& dice) {
  const std::size_t form = dice.below(4);
  std::string value;
  const std::string hex = "3c" + dice.of(kHexDigits, 9) + dice.of("0123456789", 1);
  const std::size_t group = form == 3 ? 4 : 2;
  for (std::size_t i = 0; i < 12; i += group) {
    if (i > 0) value += form == 3 ? "." : form == 1 ? "-" : ":";
    value += hex.substr(i, group);
  }
  if (form == 2) {
    for (char& c : value) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
  }
  return {"mac_address", fmt::format("form {}", form), value, value};
}

PlantedSecret plant_url(Dice& dice) {
  const std::string user = word(dice), password = dice.of(kLower, 5) + dice.digits(4) +
                                                  dice.of("!$~.-_", 1) + dice.of(kLower, 2);
  const std::string host = word(dice) + ".internal:" + dice.digits(4);
  const std::string scheme = dice.one_of(std::vector<std::string>{
      "postgres", "https", "mysql", "amqp", "mongodb+srv", "ftp", "redis", "git+ssh"});
  const std::string value = (scheme == "redis" ? "" : user) + ":" + password;
  return {"url_credentials", scheme, value,
          fmt::format("{}://{}@{}/{}", scheme, value, host, word(dice))};
}

PlantedSecret plant_password(Dice& dice) {
  const std::string value = dice.of(kLower, 4) + dice.of("23456789", 1) +
                            dice.of(kPasswordCharacters, 6) + dice.of(kLower, 2);
  const std::vector<std::string> forms{"password: {}",
                                       "DB_PASSWORD={}",
                                       "\"password\": \"{}\"",
                                       "my password is {}",
                                       "passwd = '{}'",
                                       "client_secret: \"{}\"",
                                       "the password is: {}",
                                       "mysql --password={}",
                                       "tool --token {} run",
                                       "\u5bc6\u7801\uff1a{}",
                                       "\u5bc6\u7801\u662f{}",
                                       "Passwort: {}",
                                       "Authorization: Bearer {}abcdefgh",
                                       "**Password:** `{}`",
                                       "export API_KEY={}",
                                       "spring.datasource.password={}",
                                       "<password>{}</password>",
                                       "password => \"{}\","};
  const std::string form = dice.one_of(forms);
  return {"password", form, value, fmt::format(fmt::runtime(form), value)};
}

}  // namespace

std::string Dice::digits(std::size_t count) {
  std::string text;
  while (text.size() < count)
    text += static_cast<char>((text.empty() ? '1' : '0') + below(text.empty() ? 9 : 10));
  return text;
}

std::string Dice::of(std::string_view alphabet, std::size_t count) {
  std::string text;
  while (text.size() < count) text += alphabet[below(alphabet.size())];
  return text;
}

PlantedSecret plant(std::string_view kind, Dice& dice) {
  if (kind == "email") return plant_email(dice);
  if (kind == "phone") return plant_phone(dice);
  if (kind == "credit_card") return plant_card(dice);
  if (kind == "id_number") return plant_id_number(dice);
  if (kind == "iban") return plant_iban(dice);
  if (kind == "ip_address") return plant_ip(dice);
  if (kind == "mac_address") return plant_mac(dice);
  if (kind == "api_key") return plant_api_key(dice);
  if (kind == "private_key") return plant_private_key(dice);
  if (kind == "jwt") return plant_jwt(dice);
  if (kind == "url_credentials") return plant_url(dice);
  if (kind == "password") return plant_password(dice);
  if (kind == "crypto_address") return plant_crypto_address(dice);
  const std::string name(dice.one_of(kPlantedNames));
  return {"name", "listed", name, name};
}

std::vector<PlantedSecret> plant_unpromised(Dice& dice) {
  std::vector<PlantedSecret> all;
  const auto add = [&](std::string kind, std::string form, const std::string& value,
                       std::string_view around = "{}") {
    all.push_back(
        {std::move(kind), std::move(form), value, fmt::format(fmt::runtime(around), value)});
  };
  const std::string user = word(dice), host = word(dice);
  add("email", "spelled out", user + " (at) " + host + " (dot) com");
  add("email", "quoted local part", "\"" + user + " " + word(dice) + "\"@" + host + ".com");
  add("email", "no dot in the domain", user + "@" + host);
  add("email", "Chinese local part and domain", "\u7528\u6237@\u4f8b\u5b50.\u516c\u53f8");
  add("email", "HTML entity", user + "&#64;" + host + ".com");
  add("phone", "digits alone", "138" + dice.digits(8));
  add("phone", "digits alone beside a word", "9" + dice.digits(9), "Call me at {}");
  add("phone", "local number", fmt::format("55{}-{}", dice.digits(1), dice.digits(4)));
  add("phone", "pairs without a zero",
      "91 " + dice.digits(2) + " " + dice.digits(2) + " " + dice.digits(2));
  add("credit_card", "every digit apart", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1");
  add("credit_card", "underscores", "4111_1111_1111_1111");
  add("id_number", "SSN, digits alone", "219099" + dice.digits(3));
  add("id_number", "SSN, beside its name", "219099" + dice.digits(3), "SSN {}");
  add("id_number", "CPF, digits alone", "52998224725");
  add("id_number", "passport", "C01X0" + dice.digits(3) + "H" + dice.digits(1));
  add("iban", "lower case", "de89370400440532013000");
  add("iban", "account and sort code", "12-34-56 " + dice.digits(8));
  add("ip_address", "hexadecimal", "0xC0A8" + dice.of("0123456789ABCDEF", 4));
  add("ip_address", "dots spelled out", "212[.]58[.]" + dice.digits(2) + "[.]" + dice.digits(2));
  add("mac_address", "digits alone", "3c22fb" + dice.of(kHexDigits, 6));
  add("api_key", "no known prefix", dice.of(kHexDigits, 32));
  add("api_key", "in base64", "Z2hwX" + dice.of(kLower, 40));
  add("password", "no word beside it", dice.of(kPasswordCharacters, 14), "log in with {}");
  add("password", "words alone, in a sentence", "correcthorse", "my password is {}");
  add("password", "short option", dice.of(kPasswordCharacters, 12), "mysql -uroot -p{}");
  add("password", "next line of a table", dice.of(kLower, 6) + dice.digits(3),
      "| password |\n|---|\n| {} |");
  add("crypto_address", "Solana",
      dice.of("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 44));
  add("name", "in capitals", "ANNA M\u00dcLLER");
  add("name", "not in the list", "Grace Hopper");
  return all;
}

}  // namespace pincer::test
