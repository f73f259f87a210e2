// Drives a fuzz target without libFuzzer, so that every build under a sanitizer runs it for some
// seconds: its seeds, and mutations of them from a fixed start. `short_run SECONDS [FOLDER]`.
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
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

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

void run(const std::string& input) {
  // A copy of the very size, so that reading beyond it is noticed.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

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
    input = mutated(std::move(input), seeds, random);
    run(input);
  }
  std::printf("%zu inputs\n", inputs);
}
