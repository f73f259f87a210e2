#include "server/history/sealed.h"

#include <gtest/gtest.h>

#include <set>

namespace pincer {
namespace {

SealKey seal_key(std::uint8_t byte) {
  SealKey::Bytes bytes;
  bytes.fill(byte);
  return SealKey(bytes);
}

const SealKeys kKeys({seal_key(1)});
constexpr std::string_view kName = "turns/resp_1";

TEST(Sealed, ComesBackAsItWas) {
  for (const std::size_t size : {0, 1, 15, 16, 17, 100'000}) {
    const std::string plain(size, 'p');
    const std::string sealed = seal(kKeys, kName, plain);
    EXPECT_EQ(sealed.size(), kSealedHeader + size + kSealedTag);
    const auto back = unseal(kKeys, kName, sealed);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, plain);
  }
}

TEST(Sealed, NeverLooksTheSameTwice) {
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) nonces.insert(seal(kKeys, kName, "same").substr(13, 12));
  EXPECT_EQ(nonces.size(), 100u);
  EXPECT_EQ(seal(kKeys, kName, "legible").find("legible"), std::string::npos);
}

TEST(Sealed, EveryChangedByteIsNoticed) {
  const std::string sealed = seal(kKeys, kName, "to be kept");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(kKeys, kName, changed)) << i;
  }
}

TEST(Sealed, EveryCutIsNoticed) {
  const std::string sealed = seal(kKeys, kName, "to be kept");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    const auto cut = unseal(kKeys, kName, sealed.substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::corrupt) << size;
  }
  EXPECT_FALSE(unseal(kKeys, kName, sealed + "x"));
}

TEST(Sealed, OneObjectCannotStandInForAnother) {
  const auto moved = unseal(kKeys, "turns/resp_2", seal(kKeys, kName, "mine"));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::corrupt);
}

TEST(Sealed, ErrorsTellWhatIsWrong) {
  const std::string sealed = seal(kKeys, kName, "to be kept");
  const auto message = [](const std::string& bytes, const SealKeys& keys = kKeys) {
    const auto result = unseal(keys, kName, bytes);
    return result ? "none" : result.error().message;
  };
  std::string changed = sealed, later = sealed;
  changed[30] = static_cast<char>(changed[30] ^ 1);
  later[4] = 2;
  EXPECT_NE(message(changed).find("'turns/resp_1' was changed"), std::string::npos);
  EXPECT_NE(message(sealed.substr(0, 40)).find("is truncated: 40 bytes"), std::string::npos);
  EXPECT_NE(message("").find("is empty"), std::string::npos);
  EXPECT_NE(message("<?xml version=\"1.0\"?>").find("not one that Pincer"), std::string::npos);
  EXPECT_NE(message(later).find("has format 2"), std::string::npos);
  // The first bytes of SHA-256 of 32 times 01.
  EXPECT_NE(
      message(sealed, SealKeys({seal_key(2)})).find("sealed with key 72cd6e8422c407fb, which"),
      std::string::npos)
      << message(sealed, SealKeys({seal_key(2)}));
}

TEST(Sealed, KeysCanBeReplacedOneByOne) {
  const std::string first = seal(SealKeys({seal_key(1)}), kName, "first");
  const SealKeys both({seal_key(1), seal_key(2)});
  const std::string second = seal(both, kName, "second");
  EXPECT_EQ(*unseal(both, kName, first), "first");
  EXPECT_EQ(*unseal(both, kName, second), "second");
  EXPECT_EQ(*unseal(SealKeys({seal_key(2)}), kName, second), "second");
  const auto gone = unseal(SealKeys({seal_key(2)}), kName, first);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace pincer
