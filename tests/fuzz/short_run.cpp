// Drives a fuzz target without libFuzzer, so that every build under a sanitizer runs it for some
// seconds: its seeds, and mutations of them from a fixed start. `short_run SECONDS [FOLDER]`.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Of targets that have one.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                                             std::size_t max_size,
                                                             unsigned int seed);

namespace {

using Random = std::mt19937_64;
constexpr std::size_t kMaxSize = 4096;

std::vector<std::string> read_seeds(const char* folder) {
  std::vector<std::string> seeds{""};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

std::string mutated(std::string input, const std::vector<std::string>& seeds, Random& random) {
  constexpr char kTelling[] = {'\0', '\xff', '\x7f', '\x80', '\n', '\r',
                               '"',  '{',    '[',    ':',    '0',  ' '};
  for (std::size_t times = 1 + below(random, 4); times > 0; --times) {
    const std::size_t at = below(random, input.size() + 1);
    switch (random() % 5) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(random, 8)));
        break;
      case 1:
        input.insert(at, 1, kTelling[below(random, sizeof kTelling)]);
        break;
      case 2:
        input.erase(at, 1 + below(random, 8));
        break;
      case 3:
        input.insert(at, input.substr(below(random, input.size() + 1), 1 + below(random, 64)));
        break;
      default: {
        const std::string& other = seeds[below(random, seeds.size())];
        input.insert(at, other.substr(below(random, other.size() + 1), 1 + below(random, 64)));
      }
    }
  }
  input.resize(std::min(input.size(), kMaxSize));
  return input;
}

std::string next_input(std::string input, const std::vector<std::string>& seeds, Random& random) {
  if (LLVMFuzzerCustomMutator == nullptr) return mutated(std::move(input), seeds, random);
  const std::size_t size = input.size();
  input.resize(kMaxSize);
  input.resize(LLVMFuzzerCustomMutator(reinterpret_cast<std::uint8_t*>(input.data()), size,
                                       kMaxSize, static_cast<unsigned int>(random())));
  return input;
}

void run(const std::string& input) {
  // A copy of the very size, so that reading beyond it is noticed.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

// What libFuzzer offers to custom mutators.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t max_size) {
  static Random random(2);
  const std::string input =
      mutated(std::string(reinterpret_cast<const char*>(data), size), {""}, random);
  const std::size_t changed = std::min(input.size(), max_size);
  std::copy_n(input.begin(), changed, data);
  return changed;
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::vector<std::string> seeds =
      argc > 2 ? read_seeds(argv[2]) : std::vector<std::string>{""};
  for (const std::string& seed : seeds) run(seed);
  Random random(1);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[1]));
  std::size_t inputs = 0;
  std::string input;
  for (; std::chrono::steady_clock::now() < end; ++inputs) {
    // Mutations gather for a while, then begin anew.
    if (inputs % 16 == 0) input = seeds[below(random, seeds.size())];
    input = next_input(std::move(input), seeds, random);
    run(input);
  }
  std::printf("%zu inputs\n", inputs);
}
