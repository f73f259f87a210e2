// Secrets made from the standards that define them, by code that shares nothing with the detectors.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pincer::test {

// The same numbers with every standard library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  bool coin() { return below(2) == 1; }
  std::string digits(std::size_t count);  // the first is not 0
  std::string of(std::string_view alphabet, std::size_t count);
  template <class List>
  auto one_of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

struct PlantedSecret {
  std::string kind;   // the class that should find it
  std::string form;   // "Amex 4-6-5"
  std::string value;  // must not leave
  std::string text;   // with what gives it its meaning: "password: …"; often the value
};

constexpr std::string_view kPlantedKinds[] = {
    "email",           "phone",       "credit_card",    "id_number",   "iban",
    "ip_address",      "mac_address", "api_key",        "private_key", "jwt",
    "url_credentials", "password",    "crypto_address", "name"};
// What stands in the list of names.
constexpr std::string_view kPlantedNames[] = {"Anna Müller", "José García",  "Øyvind Ås",
                                              "李小龙",      "Zoë O'Connor", "Мария Иванова",
                                              "Ng",          "Van der Berg"};

PlantedSecret plant(std::string_view kind, Dice& dice);
// In forms that docs/privacy.md does not promise to find.
std::vector<PlantedSecret> plant_unpromised(Dice& dice);

// Of planted_numbers.cpp.
PlantedSecret plant_card(Dice& dice);
PlantedSecret plant_id_number(Dice& dice);
PlantedSecret plant_iban(Dice& dice);
PlantedSecret plant_phone(Dice& dice);
// Of planted_keys.cpp.
PlantedSecret plant_api_key(Dice& dice);
PlantedSecret plant_private_key(Dice& dice);
PlantedSecret plant_jwt(Dice& dice);
PlantedSecret plant_crypto_address(Dice& dice);

}  // namespace pincer::test
