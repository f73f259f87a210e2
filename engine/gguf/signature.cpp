#include "engine/gguf/signature.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "engine/gguf/messages.h"

namespace pincer::gguf {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kMinVersion = 2;
constexpr std::uint32_t kMaxVersion = 3;

struct Kind {
  std::string_view prefix;
  std::string_view name;
};

constexpr std::array kKinds = {
    Kind{"PK\x03\x04"sv, "a ZIP archive, perhaps a PyTorch checkpoint; convert the model to GGUF"},
    Kind{"\x80\x02"sv, "a Python pickle, perhaps a PyTorch checkpoint; convert the model to GGUF"},
    Kind{"\x1f\x8b"sv, "gzip data; unpack it first"},
    Kind{"\xfd"
         "7zXZ"sv,
         "xz data; unpack it first"},
    Kind{"\x28\xb5\x2f\xfd"sv, "zstd data; unpack it first"},
    Kind{"\x89HDF"sv, "HDF5; convert the model to GGUF"},
    Kind{"lmgg"sv, "a GGML file from before GGUF; convert the model to GGUF"},
    Kind{"fmgg"sv, "a GGML file from before GGUF; convert the model to GGUF"},
    Kind{"tjgg"sv, "a GGML file from before GGUF; convert the model to GGUF"},
    Kind{"version https://git-lfs"sv,
         "a Git LFS pointer, not the model; fetch it with `git lfs pull`"},
    Kind{"#!"sv, "a script"},
    Kind{"\x7f"
         "ELF"sv,
         "an ELF program"},
    Kind{"\0\0\0\0"sv, "a file that begins with zeros, perhaps an unfinished download"},
};

// A safetensors file begins with the 64-bit length of the JSON object that follows.
bool looks_like_safetensors(std::string_view head, std::uint64_t file_size) {
  if (head.size() < 9 || head[8] != '{') return false;
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), sizeof(length));
  return length <= file_size;
}

std::string_view text_kind(std::string_view head) {
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  if (head.starts_with("<")) {
    return "HTML or XML, perhaps the web page of a failed download; download the file again";
  }
  if (head.starts_with("{") || head.starts_with("["))
    return "JSON, perhaps a server's error message";
  return {};
}

std::string_view guess_kind(std::string_view head, std::uint64_t file_size) {
  if (looks_like_safetensors(head, file_size)) return "safetensors; convert the model to GGUF";
  for (const Kind& kind : kKinds) {
    if (head.starts_with(kind.prefix)) return kind.name;
  }
  return text_kind(head);
}

Error wrong_magic(std::string_view head, std::uint64_t file_size) {
  const std::string_view kind = guess_kind(head, file_size);
  const std::string found = in_quotes(head.substr(0, kMagic.size()));
  if (kind.empty()) return corrupt("is not a GGUF file: it begins with " + found + ", not 'GGUF'");
  return corrupt("is not a GGUF file: it begins with " + found + " and seems to be " +
                 std::string(kind));
}

}  // namespace

Result<std::uint32_t> read_signature(Cursor& in, std::span<const std::byte> file) {
  if (file.empty()) return corrupt("is empty (0 bytes); download it again");
  constexpr std::size_t kHeadBytes = 64;
  const std::string_view head(reinterpret_cast<const char*>(file.data()),
                              std::min(file.size(), kHeadBytes));
  if (!head.starts_with(kMagic.substr(0, head.size()))) return wrong_magic(head, file.size());

  const Result<std::uint32_t> magic = in.read<std::uint32_t>();
  if (!magic) return in_context("magic", magic.error());
  const Result<std::uint32_t> version = in.read<std::uint32_t>();
  if (!version) return in_context("version", version.error());
  if (*version >= kMinVersion && *version <= kMaxVersion) return *version;
  const std::uint32_t swapped = __builtin_bswap32(*version);
  if (swapped >= 1 && swapped <= kMaxVersion) {
    return unsupported("is a big-endian GGUF file (version " + std::to_string(swapped) +
                       " byte-swapped); only little-endian files are read, convert it with "
                       "`gguf-convert-endian`");
  }
  return unsupported("GGUF version " + std::to_string(*version) + " is not read; versions " +
                     std::to_string(kMinVersion) + " to " + std::to_string(kMaxVersion) +
                     " are, convert the model again with a current converter");
}

}  // namespace pincer::gguf
