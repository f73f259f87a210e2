#include "server/route/prompt_words.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace pincer {
namespace {

using W = PromptWord;

struct Words {
  W kind;
  std::string_view words;
};
constexpr auto kWords = std::to_array<Words>({
    {W::function,
     "the a an of to in and is are was were be that for on by with as at from it "
     "this or his her their he she they has have had "},
    {W::negation, "not except least false incorrect never "},
    {W::how, "how "},
    {W::why, "why "},
    {W::what, "what "},
    {W::who, "who whom whose "},
    {W::when, "when "},
    {W::where, "where "},
    {W::which, "which "},
    {W::many, "many much "},
    {W::condition, "if suppose assume assuming given unless "},
    {W::you, "you your i my "},
    {W::best, "best most likely primarily "},
    {W::task,
     "prove explain calculate compute derive solve compare analyze implement write "
     "design debug step steps find determine "},
    {W::statement, "statement statements "},
    {W::percent, "percent percentage "},
});

constexpr std::size_t kSlots = 1024;

struct Slot {
  std::uint32_t hash = 0;
  W kind = W::other;
};

constexpr std::array<Slot, kSlots> make_table() {
  std::array<Slot, kSlots> table{};
  for (const Words& list : kWords) {
    std::uint32_t hash = kWordSeed;
    for (const char c : list.words) {  // each word ends with a space
      if (c != ' ') {
        hash = add_letter(hash, c);
        continue;
      }
      std::size_t slot = hash % kSlots;
      while (table[slot].hash != 0) slot = (slot + 1) % kSlots;
      table[slot].hash = hash;
      table[slot].kind = list.kind;
      hash = kWordSeed;
    }
  }
  return table;
}

constexpr std::array<Slot, kSlots> kTable = make_table();

}  // namespace

PromptWord prompt_word(std::uint32_t hash) {
  for (std::size_t slot = hash % kSlots; kTable[slot].hash != 0; slot = (slot + 1) % kSlots) {
    if (kTable[slot].hash == hash) return kTable[slot].kind;
  }
  return W::other;
}

}  // namespace pincer
