#include "server/history/seal_keys.h"

#include <gtest/gtest.h>

#include <fstream>

#include "server/history/digest.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

const std::string kOld(64, '1');
const std::string kNew = std::string(62, '0') + "aB";

class KeyFile : public ::testing::Test {
 protected:
  ~KeyFile() override { fs::remove(path_); }
  Result<SealKeys> read(const std::string& text) const {
    std::ofstream(path_) << text;
    fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_write);
    return read_seal_keys(path_);
  }
  std::string error(const std::string& text) const {
    const auto keys = read(text);
    return keys ? "none" : keys.error().message;
  }
  const fs::path path_ = fs::path(::testing::TempDir()) /
                         ("keys." + std::to_string(::getpid()) + "." +
                          ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(KeyFile, LastKeyIsTheNewestAndAllAreFound) {
  const auto keys = read("# history\n\n" + kOld + "\r\n  " + kNew + " \n");
  ASSERT_TRUE(keys) << keys.error().message;
  const auto old_key = read(kOld);
  ASSERT_TRUE(old_key);
  EXPECT_NE(keys->newest().id(), old_key->newest().id());
  EXPECT_NE(keys->find(old_key->newest().id()), nullptr);
  EXPECT_NE(keys->find(keys->newest().id()), nullptr);
  EXPECT_EQ(old_key->find(keys->newest().id()), nullptr);
}

TEST_F(KeyFile, IdIsTheBeginningOfTheKeysDigest) {
  const auto keys = read(kOld);
  ASSERT_TRUE(keys);
  EXPECT_EQ(hex(keys->newest().id()), hex(sha256(std::string(32, '\x11'))).substr(0, 16));
}

TEST_F(KeyFile, ErrorsNameTheLineAndShowNoKey) {
  EXPECT_NE(error(kOld + "\n" + kNew.substr(1)).find(":2: a key has 64"), std::string::npos);
  EXPECT_NE(error(std::string(63, 'a') + "g").find(":1: a key has 64"), std::string::npos);
  EXPECT_NE(error(kOld + "\n" + kOld).find(":2: the same key"), std::string::npos);
  EXPECT_NE(error("# nothing\n").find("holds no key: `openssl rand"), std::string::npos);
  EXPECT_EQ(error(kNew + "0").find(kNew), std::string::npos);
  const auto missing = read_seal_keys(path_.string() + ".none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::io);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace pincer
