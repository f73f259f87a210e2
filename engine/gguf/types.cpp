#include "engine/gguf/types.h"

#include <array>
#include <cassert>
#include <string>

#include "engine/gguf/messages.h"

namespace pincer::gguf {
namespace {

struct Readable {
  TensorType type;
  std::string_view name;
  std::int64_t elements;  // of a block
  std::int64_t bytes;     // of a block
};

constexpr std::array kReadable = {
    Readable{TensorType::f32, "F32", 1, 4},
    Readable{TensorType::f16, "F16", 1, 2},
    Readable{TensorType::bf16, "BF16", 1, 2},
    Readable{TensorType::q8_0, "Q8_0", 32, 34},
    Readable{TensorType::q4_0, "Q4_0", 32, 18},
    Readable{TensorType::q4_1, "Q4_1", 32, 20},
    Readable{TensorType::q5_0, "Q5_0", 32, 22},
    Readable{TensorType::q5_1, "Q5_1", 32, 24},
    Readable{TensorType::q2_k, "Q2_K", 256, 84},
    Readable{TensorType::q3_k, "Q3_K", 256, 110},
    Readable{TensorType::q4_k, "Q4_K", 256, 144},
    Readable{TensorType::q5_k, "Q5_K", 256, 176},
    Readable{TensorType::q6_k, "Q6_K", 256, 210},
    Readable{TensorType::iq4_nl, "IQ4_NL", 32, 18},
    Readable{TensorType::iq4_xs, "IQ4_XS", 256, 136},
};

// Types that ggml defines and this reader does not expand, so that an error can name them.
struct Other {
  std::uint32_t id;
  std::string_view name;
};

constexpr std::array kOthers = {
    Other{9, "Q8_1"},      Other{15, "Q8_K"},  Other{16, "IQ2_XXS"},  Other{17, "IQ2_XS"},
    Other{18, "IQ3_XXS"},  Other{19, "IQ1_S"}, Other{21, "IQ3_S"},    Other{22, "IQ2_S"},
    Other{24, "I8"},       Other{25, "I16"},   Other{26, "I32"},      Other{27, "I64"},
    Other{28, "F64"},      Other{29, "IQ1_M"}, Other{31, "Q4_0_4_4"}, Other{32, "Q4_0_4_8"},
    Other{33, "Q4_0_8_8"}, Other{34, "TQ1_0"}, Other{35, "TQ2_0"},    Other{39, "MXFP4"},
    Other{40, "NVFP4"},
};

const Readable* find(std::uint32_t id) {
  for (const Readable& entry : kReadable) {
    if (static_cast<std::uint32_t>(entry.type) == id) return &entry;
  }
  return nullptr;
}

const Readable& traits(TensorType type) {
  const Readable* entry = find(static_cast<std::uint32_t>(type));
  assert(entry != nullptr);
  return *entry;
}

}  // namespace

std::string_view type_name(TensorType type) { return traits(type).name; }
std::int64_t block_elements(TensorType type) { return traits(type).elements; }
std::int64_t block_bytes(TensorType type) { return traits(type).bytes; }

Result<TensorType> readable_type(std::uint32_t id) {
  if (const Readable* entry = find(id)) return entry->type;
  std::string message = "type " + std::to_string(id);
  for (const Other& other : kOthers) {
    if (other.id == id) message = "type " + std::string(other.name);
  }
  message += " cannot be read; readable types are";
  for (const Readable& entry : kReadable) {
    message += (&entry == kReadable.data() ? " " : ", ") + std::string(entry.name);
  }
  return unsupported(message + "; use a Q8_0, Q4_K_M or F16 file of the same model");
}

}  // namespace pincer::gguf
