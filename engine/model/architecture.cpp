#include <array>

#include "pincer/engine/model.h"

namespace pincer {
namespace {

constexpr std::array kArchitectures = {
    Architecture{"llama", RopeStyle::interleaved, Activation::silu},
};

}  // namespace

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture& a : kArchitectures) {
    if (a.name == name) return &a;
  }
  return nullptr;
}

std::string supported_architectures() {
  std::string names;
  for (const Architecture& a : kArchitectures) {
    if (!names.empty()) names += ", ";
    names += a.name;
  }
  return names;
}

}  // namespace pincer
