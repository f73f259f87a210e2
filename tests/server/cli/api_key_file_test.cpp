#include "server/cli/api_key_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace pincer {
namespace {

namespace fs = std::filesystem;

class ApiKeyFile : public ::testing::Test {
 protected:
  ApiKeyFile() {
    std::string name = (fs::temp_directory_path() / "pincer-keys-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ApiKeyFile() override { fs::remove_all(folder_); }

  Result<std::vector<ApiKey>> read(const std::string& text) {
    std::ofstream(folder_ / "keys") << text;
    fs::permissions(folder_ / "keys", fs::perms::owner_read | fs::perms::owner_write);
    return read_api_keys(folder_ / "keys");
  }
  std::string error(const std::string& text) {
    const auto keys = read(text);
    return keys ? "no error" : keys.error().message;
  }

  fs::path folder_;
};

TEST_F(ApiKeyFile, OneKeyALine) {
  const auto keys = read("# comment\n\n  one \r\ntwo");
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ(keys->front().sha256, key_digest("one"));
  EXPECT_EQ(keys->back().sha256, key_digest("two"));
  EXPECT_EQ(keys->front().scopes, kAllScopes);
  EXPECT_EQ(keys->front().name, "key-7692c3ad");  // sha256 of "one" begins so
}

TEST_F(ApiKeyFile, YamlWithScopesAndLimits) {
  const auto keys = read(
      "keys:\n"
      "- name: laptop\n"
      "  sha256: 3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3\n"
      "  scopes: [inference, metrics]\n"
      "  models: [a]\n"
      "  limits: {requests_per_minute: 60, tokens_per_minute: 20000, concurrent: 4, "
      "max_priority: default}\n"
      "- {name: all, key: one}\n");
  ASSERT_TRUE(keys) << keys.error().message;
  const ApiKey& laptop = keys->front();
  EXPECT_EQ(laptop.sha256, key_digest("two"));
  EXPECT_EQ(laptop.scopes,
            static_cast<unsigned>(Scope::inference) | static_cast<unsigned>(Scope::metrics));
  EXPECT_EQ(laptop.models, std::vector<std::string>{"a"});
  EXPECT_EQ(laptop.requests_per_minute, 60);
  EXPECT_EQ(laptop.tokens_per_minute, 20000);
  EXPECT_EQ(laptop.concurrent, 4);
  EXPECT_EQ(laptop.max_priority, 0);
  EXPECT_EQ(keys->back().scopes, kAllScopes);
  EXPECT_EQ(keys->back().max_priority, 1);
}

TEST_F(ApiKeyFile, JsonIsTakenToo) {
  const auto keys = read(R"({"keys": [{"name": "a", "key": "one", "scopes": ["admin"]}]})");
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->front().scopes, static_cast<unsigned>(Scope::admin));
}

TEST_F(ApiKeyFile, MistakesAreNamedAndNoKeyIsShown) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"", "holds no API key"},
      {"# only a comment\n", "holds no API key"},
      {"keys:\n- name: a\n", ":2: a key has either"},
      {"keys:\n- key: hidden\n", ":2: a key needs a `name`"},
      {"keys:\n- {name: a, key: hidden, sha256: 00}\n", "64 hexadecimal digits"},
      {"keys:\n- {name: a, key: hidden}\n- {name: a, key: two}\n", ":3: the key 'a' is there"},
      {"keys:\n- {name: a, key: hidden}\n- {name: b, key: hidden}\n", ":3: the key 'a' is there"},
      {"keys:\n- {name: a, key: hidden, scope: [admin]}\n", "'scope' is not one of"},
      {"keys:\n- {name: a, key: hidden, scopes: [root]}\n", "'root' is not one of inference"},
      {"keys:\n- {name: a, key: hidden, limits: {rpm: 1}}\n", "'rpm' is not one of"},
      {"keys:\n- {name: a, key: hidden, limits: {concurrent: 0}}\n", "0 is not at least 1"},
      {"keys:\n- {name: a, key: hidden, limits: {concurrent: many}}\n", ":2: bad conversion"},
      {"keys: {a: b}\n", "a list named `keys`"},
      {"keys: [\n", ":2: "},
  };
  for (const auto& [text, words] : mistakes) {
    EXPECT_NE(error(text).find(words), std::string::npos) << text << error(text);
    EXPECT_EQ(error(text).find("hidden"), std::string::npos) << error(text);
  }
  const auto missing = read_api_keys("/no/such/keys");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("/no/such/keys: No such file"), std::string::npos);
}

}  // namespace
}  // namespace pincer
