// Files that break the format: each is refused with one line that names the file, what was found
// and what is allowed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>

#include "pincer/engine/gguf.h"
#include "tests/engine/support/gguf_writer.h"
#include "tests/engine/support/text_match.h"

namespace pincer::gguf {
namespace {

using test::ByteWriter;
using test::contains;
using test::GgufType;
using test::GgufWriter;

constexpr std::uint64_t kHuge = ~std::uint64_t{0};
constexpr std::uint64_t kTwo61 = std::uint64_t{1} << 61;
constexpr std::uint64_t kTwo63 = std::uint64_t{1} << 63;
constexpr std::uint32_t kF32 = 0;

struct Hostile {
  const char* name;
  ErrorCode code;
  std::vector<const char*> words;  // all in the message
  std::vector<std::byte> bytes;
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

void expect_refused(std::span<const std::byte> bytes, ErrorCode code,
                    const std::vector<const char*>& words) {
  const Result<File> file = File::parse(bytes, "bad.gguf");
  ASSERT_FALSE(file);
  const std::string& message = file.error().message;
  EXPECT_EQ(file.error().code, code) << message;
  EXPECT_EQ(message.rfind("bad.gguf: ", 0), 0u) << message;
  for (const char* word : words) EXPECT_TRUE(contains(message, word));
  EXPECT_TRUE(std::all_of(message.begin(), message.end(), [](char c) {
    return c >= ' ' && c < 0x7f;
  })) << "one printable line";
  EXPECT_LT(message.size(), 400u);
}

class GgufHostile : public ::testing::TestWithParam<Hostile> {};

TEST_P(GgufHostile, IsRefusedInOneClearLine) {
  expect_refused(GetParam().bytes, GetParam().code, GetParam().words);
}

const auto kName = [](const ::testing::TestParamInfo<Hostile>& info) { return info.param.name; };

std::vector<std::byte> raw(std::string_view text) { return ByteWriter().raw(text).bytes(); }

std::vector<std::byte> with_version(std::uint32_t version) {
  return ByteWriter().header(0, 0, version).bytes();
}

std::vector<Hostile> signatures() {
  using namespace std::string_view_literals;
  constexpr auto bad = ErrorCode::corrupt;
  constexpr auto other = ErrorCode::unsupported;
  ByteWriter safetensors;
  safetensors.put(std::uint64_t{14}).raw("{\"__metadata\":}");
  return {
      {"Empty", bad, {"is empty (0 bytes)"}, {}},
      {"OneByte", bad, {"magic", "needs 4 bytes", "only 1"}, raw("G")},
      {"Garbage", bad, {"not a GGUF file", "'gguf'"}, raw("gguf file")},
      {"Html", bad, {"'<!DO'", "HTML"}, raw("<!DOCTYPE html><html>404</html>")},
      {"HtmlAfterSpace", bad, {"HTML", "\\x0d"}, raw("\r\n  <html>")},
      {"Json", bad, {"JSON"}, raw("{\"error\":\"not found\"}")},
      {"Safetensors", bad, {"safetensors", "convert"}, safetensors.bytes()},
      {"Zip", bad, {"ZIP", "PyTorch"}, raw("PK\x03\x04\x14")},
      {"Pickle", bad, {"pickle"}, raw("\x80\x02}q")},
      {"Gzip", bad, {"gzip"}, raw("\x1f\x8b\x08")},
      {"LfsPointer", bad, {"git lfs pull"}, raw("version https://git-lfs.github.com/spec/v1\n")},
      {"OldGgml", bad, {"before GGUF"}, raw("tjgg\x03\0\0\0"sv)},
      {"Zeros", bad, {"unfinished"}, raw("\0\0\0\0\0\0\0\0"sv)},
      {"Version0", other, {"version 0", "2 to 3"}, with_version(0)},
      {"Version1", other, {"version 1", "2 to 3"}, with_version(1)},
      {"Version4", other, {"version 4", "2 to 3"}, with_version(4)},
      {"VersionHuge", other, {"version 4294967295"}, with_version(0xffffffffu)},
      {"BigEndian", other, {"big-endian", "version 3"}, with_version(0x03000000u)},
      {"BigEndian2", other, {"big-endian", "version 2"}, with_version(0x02000000u)},
  };
}

INSTANTIATE_TEST_SUITE_P(Signature, GgufHostile, ::testing::ValuesIn(signatures()), kName);

// A file with one key of type `type`; `rest` writes the value.
std::vector<std::byte> key_file(std::uint32_t type, const std::function<void(ByteWriter&)>& rest) {
  ByteWriter out;
  out.header(0, 1).text("some.key").put(type);
  rest(out);
  return out.bytes();
}

std::vector<std::byte> array_file(GgufType type, std::uint64_t count, std::string_view rest = "") {
  return key_file(9, [&](ByteWriter& out) { out.put(type).put(count).raw(rest); });
}

std::vector<Hostile> metadata() {
  constexpr auto bad = ErrorCode::corrupt;
  const std::string padding(64, 'x');
  const auto keys = [](std::uint64_t count) { return ByteWriter().header(0, count).bytes(); };
  const auto key = [](std::uint64_t length, std::string_view text) {
    return ByteWriter().header(0, 1).put(length).raw(text).raw(std::string(32, '\0')).bytes();
  };
  return {
      {"KeyCountHuge", bad, {"18446744073709551615 metadata keys", "at most 0"}, keys(kHuge)},
      {"KeyCount2To63", bad, {"9223372036854775808 metadata keys"}, keys(kTwo63)},
      {"KeyLengthHuge", bad, {"metadata key 0", "18446744073709551615"}, key(kHuge, "k")},
      {"KeyLength2To63", bad, {"metadata key 0", "9223372036854775808"}, key(kTwo63, "k")},
      {"KeyTooLong", bad, {"70000 bytes", "65535"}, key(70000, std::string(70000, 'k'))},
      {"KeyEmpty", bad, {"metadata key 0 is empty"}, key(0, "")},
      {"KeyTwice",
       bad,
       {"'a\\x0ab'", "occurs twice"},
       GgufWriter().set("a\nb", true).set("a\nb", 1.0f).build()},
      {"ValueTypeUnknown",
       bad,
       {"'some.key'", "type 13", "0 to 12"},
       key_file(13, [](ByteWriter& out) { out.put(kHuge); })},
      {"ValueTypeHuge",
       bad,
       {"type 4294967295"},
       key_file(0xffffffffu, [](ByteWriter& out) { out.put(kHuge); })},
      {"ValueMissing",
       bad,
       {"'some.key'", "needs 8 bytes", "only 4 are left"},
       key_file(12, [](ByteWriter& out) { out.put(1.0f); })},
      {"BooleanOf2",
       bad,
       {"'some.key'", "value 2", "0 or 1"},
       key_file(7, [](ByteWriter& out) { out.put(std::uint8_t{2}); })},
      {"StringLength2To63",
       bad,
       {"'some.key'", "9223372036854775808", "only 64"},
       key_file(8, [&](ByteWriter& out) { out.put(kTwo63).raw(padding); })},
      {"StringLengthWraps",
       bad,
       {"18446744073709551608"},
       key_file(8, [&](ByteWriter& out) { out.put(kHuge - 7).raw(padding); })},
      {"ArrayOf2To61",
       bad,
       {"2305843009213693952 elements", "only 64"},
       array_file(GgufType::u64, kTwo61, padding)},
      {"ArrayOf2To63",
       bad,
       {"9223372036854775808 elements"},
       array_file(GgufType::u8, kTwo63, padding)},
      {"ArrayOfHuge",
       bad,
       {"18446744073709551615 elements"},
       array_file(GgufType::string, kHuge, padding)},
      {"ArrayLongerByOne",
       bad,
       {"9 elements of at least 8 bytes", "only 64"},
       array_file(GgufType::f64, 9, padding)},
      {"ArrayNested",
       ErrorCode::unsupported,
       {"'some.key'", "array of arrays"},
       array_file(GgufType::array, 1, padding)},
      {"ArrayOfUnknown", bad, {"type 77"}, array_file(static_cast<GgufType>(77), 1, padding)},
      {"ArrayStringCut",
       bad,
       {"'some.key'", "element 0", "8680820740569200760"},
       array_file(GgufType::string, 2, padding)},
      {"ArrayBooleanOf120",
       bad,
       {"element 0", "value 120"},
       array_file(GgufType::boolean, 2, padding)},
      {"ArrayU64TooBig",
       ErrorCode::unsupported,
       {"element 1", "18446744073709551615", "2^63-1"},
       GgufWriter().set_array<std::uint64_t>("some.key", {1, kHuge}).build()},
  };
}

INSTANTIATE_TEST_SUITE_P(Metadata, GgufHostile, ::testing::ValuesIn(metadata()), kName);

std::vector<Hostile> general_keys() {
  constexpr auto bad = ErrorCode::corrupt;
  const auto aligned = [](auto value) {
    return GgufWriter().set("general.alignment", value).build();
  };
  return {
      {"Alignment0", bad, {"general.alignment is 0", "power of two"}, aligned(0u)},
      {"Alignment1", bad, {"general.alignment is 1", "from 8"}, aligned(1u)},
      {"Alignment33", bad, {"general.alignment is 33"}, aligned(33u)},
      {"AlignmentHuge", bad, {"2147483648", "1048576"}, aligned(0x80000000u)},
      {"AlignmentNegative", bad, {"-32"}, aligned(-32)},
      {"AlignmentU64", bad, {"general.alignment", "integer"}, aligned(kTwo63)},
      {"AlignmentText", bad, {"general.alignment", "integer"}, aligned("32")},
      {"AlignmentFloat", bad, {"general.alignment", "integer"}, aligned(32.0f)},
      {"Split",
       ErrorCode::unsupported,
       {"one of 3 parts", "--merge"},
       GgufWriter().set("split.count", std::uint16_t{3}).build()},
      {"SplitText", bad, {"split.count"}, GgufWriter().set("split.count", "3").build()},
  };
}

INSTANTIATE_TEST_SUITE_P(GeneralKeys, GgufHostile, ::testing::ValuesIn(general_keys()), kName);

struct TensorEntry {
  std::string name = "blk.0.w";
  std::vector<std::int64_t> shape = {8};
  std::uint32_t type = kF32;
  std::uint64_t offset = 0;
};

// Entries, and 64 bytes of data.
std::vector<std::byte> tensor_file(const std::vector<TensorEntry>& entries) {
  ByteWriter out;
  out.header(entries.size(), 0);
  for (const TensorEntry& entry : entries) {
    out.text(entry.name).put(static_cast<std::uint32_t>(entry.shape.size()));
    for (const std::int64_t dim : entry.shape) out.put(dim);
    out.put(entry.type).put(entry.offset);
  }
  return out.pad_to_multiple(32).raw(std::string(64, '\0')).bytes();
}

std::vector<std::byte> tensor_count(std::uint64_t count) {
  return ByteWriter().header(count, 0).raw(std::string(64, '\0')).bytes();
}

std::vector<Hostile> tensor_descriptions() {
  constexpr auto bad = ErrorCode::corrupt;
  constexpr auto other = ErrorCode::unsupported;
  constexpr std::int64_t kMax = 0x7fffffffffffffff;
  const std::string long_name(65, 'n');
  const auto shape = [](std::vector<std::int64_t> dims, std::uint32_t type = kF32) {
    return tensor_file({{.shape = std::move(dims), .type = type}});
  };
  const auto type = [&](std::uint32_t id) { return shape({256}, id); };
  return {
      {"CountHuge", bad, {"18446744073709551615 tensors", "at most 1"}, tensor_count(kHuge)},
      {"Count2To63", bad, {"9223372036854775808 tensors"}, tensor_count(kTwo63)},
      {"CountMoreThanThere", bad, {"tensor 0"}, tensor_count(1)},
      {"NameEmpty", bad, {"tensor 0", "empty name"}, tensor_file({{.name = ""}})},
      {"NameTooLong",
       bad,
       {"name of tensor 0", "65 bytes", "64"},
       tensor_file({{.name = long_name}})},
      {"NameTwice", bad, {"'blk.0.w'", "occurs twice"}, tensor_file({{}, {.offset = 32}})},
      {"NameNotText",
       bad,
       {"'\\xff\\x1b[2J'", "dimensions"},
       tensor_file({{.name = "\xff\x1b[2J", .shape = {}}})},
      {"Dims0", bad, {"'blk.0.w'", "0 dimensions", "1 to 4"}, shape({})},
      {"Dims5", bad, {"5 dimensions", "1 to 4"}, shape({1, 1, 1, 1, 1})},
      {"DimZero", bad, {"dimension 1 is 0"}, shape({8, 0})},
      {"DimNegative", bad, {"dimension 0 is -8"}, shape({-8})},
      {"DimMin", bad, {"dimension 0 is -9223372036854775808"}, shape({-kMax - 1})},
      {"ProductOverflows",
       bad,
       {"[4294967296, 4294967296]", "2^63-1"},
       shape({std::int64_t{1} << 32, std::int64_t{1} << 32})},
      {"ProductWrapsToSmall", bad, {"2^63-1"}, shape({8, kMax, kMax, kMax})},
      {"BytesOverflow", bad, {"2^63-1 bytes"}, shape({kMax})},
      {"BytesOverflowOfBlocks", bad, {"2^63-1 bytes"}, shape({kMax - 31}, 8)},
      {"RowNotWholeBlocks", bad, {"33 elements", "Q8_0", "32"}, shape({33}, 8)},
      {"RowNotWholeSuperBlocks", bad, {"128 elements", "Q4_K", "256"}, shape({128, 2}, 12)},
      {"TypeKnown", other, {"'blk.0.w'", "IQ2_XXS", "Q8_0, Q4_0, Q4_1", "use a Q8_0"}, type(16)},
      {"TypeRemoved", other, {"type 4 ", "F32, F16"}, type(4)},
      {"TypeUnknown", other, {"type 4294967295"}, type(0xffffffffu)},
  };
}

INSTANTIATE_TEST_SUITE_P(TensorDescriptions, GgufHostile,
                         ::testing::ValuesIn(tensor_descriptions()), kName);

std::vector<Hostile> tensor_places() {
  constexpr auto bad = ErrorCode::corrupt;
  const auto offset = [](std::uint64_t value) { return tensor_file({{.offset = value}}); };
  // The 64 bytes of data are there but for the last one.
  std::vector<std::byte> cut = tensor_file({{.shape = {16}}});
  cut.pop_back();
  return {
      {"OffsetMisaligned", bad, {"'blk.0.w'", "offset 4", "alignment 32"}, offset(4)},
      {"OffsetAtEnd", bad, {"32 bytes at offset 64", "beyond the 64"}, offset(64)},
      {"OffsetBeyond", bad, {"offset 96", "beyond the 64"}, offset(96)},
      {"OffsetWraps", bad, {"18446744073709551584"}, offset(kHuge - 31)},
      {"DataTooLong", bad, {"68 bytes at offset 0", "truncated"}, tensor_file({{.shape = {17}}})},
      {"DataCutByOne", bad, {"64 bytes at offset 0", "beyond the 63"}, cut},
      {"Overlap",
       bad,
       {"'blk.0.w' and 'b'", "overlap at offset 32"},
       tensor_file({{.shape = {16}}, {.name = "b", .offset = 32}})},
      {"SamePlace", bad, {"overlap at offset 0"}, tensor_file({{}, {.name = "b"}})},
  };
}

INSTANTIATE_TEST_SUITE_P(TensorPlaces, GgufHostile, ::testing::ValuesIn(tensor_places()), kName);

// Files that are large enough for what they declare, and declare too much.
TEST(GgufLimits, MetadataKeys) {
  const auto bytes = ByteWriter().header(0, 100000).raw(std::string(1 << 21, '\0')).bytes();
  expect_refused(bytes, ErrorCode::limit, {"100000 metadata keys", "65536"});
}

TEST(GgufLimits, ArrayElementsOfAllArraysTogether) {
  ByteWriter bytes;
  bytes.header(0, 2);
  for (const std::uint64_t count : {1u, 1u << 24}) {
    bytes.text("key " + std::to_string(count)).put(GgufType::array).put(GgufType::u8).put(count);
    bytes.raw(std::string(count, '\0'));
  }
  expect_refused(bytes.bytes(), ErrorCode::limit,
                 {"16777216 elements after 1", "at most 16777216"});
}

TEST(GgufLimits, Tensors) {
  const auto bytes = ByteWriter().header(200000, 0).raw(std::string(1 << 23, '\0')).bytes();
  expect_refused(bytes, ErrorCode::limit, {"200000 tensors", "131072"});
}

}  // namespace
}  // namespace pincer::gguf
