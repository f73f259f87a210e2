// Keys and values on disk: a later engine goes on where an earlier one was.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::greedy;
using test::Output;
using test::prompt_of;
using test::run;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

class SavedPrefix : public testing::Test {
 protected:
  static std::unique_ptr<Engine> start(const LoadedModel& model, EngineOptions options = {}) {
    options.threads = 2;
    auto engine = Engine::start(model.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }
  // What restoring says: "" when it succeeds.
  static std::string refusal(Engine& engine, const std::filesystem::path& file) {
    const auto restored = engine.restore_prefix(file);
    return restored.ok() ? std::string() : restored.error().message;
  }

  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path());
  std::filesystem::path file_ = folder_ / "chat.kv";
};

TEST_F(SavedPrefix, ALaterEngineGoesOnWithoutComputingItAgain) {
  for (const auto format : {KvFormat::s8, KvFormat::f16}) {
    EngineOptions options;
    options.kv.format = format;
    std::vector<TokenId> turn = prompt_of(100, 1);
    const auto engine = start(model_, options);
    const Output first = run(*engine, greedy(turn, 20));
    turn.insert(turn.end(), first.tokens.begin(), first.tokens.end());
    const auto saved = engine->save_prefix(file_, turn);
    ASSERT_TRUE(saved.ok()) << saved.error().message;
    EXPECT_EQ(*saved, 119);
    for (const TokenId t : prompt_of(7, 2)) turn.push_back(t);
    const Output expected = run(*engine, greedy(turn, 12));

    const auto later = start(model_, options);
    const auto restored = later->restore_prefix(file_);
    ASSERT_TRUE(restored.ok()) << restored.error().message;
    EXPECT_EQ(*restored, 119);
    const Output out = run(*later, greedy(turn, 12));
    EXPECT_EQ(out.tokens, expected.tokens);
    EXPECT_EQ(out.finish.cached_tokens, 119);
    EXPECT_EQ(later->stats().prompt_tokens, 8);
  }
}

TEST_F(SavedPrefix, WhatIsNotInTheCacheIsNotSaved) {
  const auto engine = start(model_);
  run(*engine, greedy(prompt_of(64, 1), 1));
  std::vector<TokenId> other = prompt_of(40, 1);
  for (const TokenId t : prompt_of(40, 3)) other.push_back(t);
  EXPECT_EQ(*engine->save_prefix(file_, other), 40);
  EXPECT_EQ(*engine->save_prefix(file_, prompt_of(50, 5)), 0);
  EXPECT_EQ(*start(model_)->restore_prefix(file_), 0);
}

TEST_F(SavedPrefix, DamageIsRefused) {
  const auto engine = start(model_);
  run(*engine, greedy(prompt_of(70, 1), 1));
  ASSERT_TRUE(engine->save_prefix(file_, prompt_of(70, 1)).ok());
  const std::string sound = read(file_);
  const auto later = start(model_);
  for (std::size_t at = 0; at < sound.size(); at += at < 500 ? 1 : 997) {
    std::string changed = sound;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    write(file_, changed);
    const std::string what = refusal(*later, file_);
    ASSERT_NE(what, "") << "byte " << at;
    ASSERT_NE(what.find("chat.kv"), std::string::npos) << what;
  }
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{50}, std::size_t{90}, sound.size() - 1}) {
    write(file_, sound.substr(0, length));
    ASSERT_NE(refusal(*later, file_), "") << length;
  }
  write(file_, sound + "x");
  EXPECT_NE(refusal(*later, file_), "");
  // Nothing of what was refused is used, and no block is lost.
  EXPECT_EQ(run(*later, greedy(prompt_of(70, 1), 1)).finish.cached_tokens, 0);
  write(file_, sound);
  EXPECT_EQ(refusal(*later, file_), "");
}

TEST_F(SavedPrefix, AnotherModelOrFormatIsRefusedByName) {
  const auto engine = start(model_);
  run(*engine, greedy(prompt_of(70, 1), 1));
  ASSERT_TRUE(engine->save_prefix(file_, prompt_of(70, 1)).ok());
  const test::TemporaryFolder other_folder;
  test::TinyShape shape;
  shape.seed = 2;
  const LoadedModel other = test::load_tiny(other_folder.path(), shape);
  EXPECT_NE(refusal(*start(other), file_).find("another model"), std::string::npos);
  EngineOptions options;
  options.kv.format = KvFormat::f16;
  const std::string what = refusal(*start(model_, options), file_);
  EXPECT_NE(what.find("int8"), std::string::npos) << what;
  EXPECT_NE(what.find("f16"), std::string::npos) << what;
}

TEST_F(SavedPrefix, SaysWhatElseIsWrong) {
  EngineOptions off;
  off.prefix_cache = false;
  EXPECT_NE(refusal(*start(model_, off), file_).find("off"), std::string::npos);
  EXPECT_NE(refusal(*start(model_), folder_ / "none.kv").find("none.kv"), std::string::npos);
  const auto engine = start(model_);
  run(*engine, greedy(prompt_of(200, 1), 1));
  const auto saved = engine->save_prefix(folder_ / "no" / "folder.kv", prompt_of(200, 1));
  ASSERT_FALSE(saved.ok());
  EXPECT_NE(saved.error().message.find("folder.kv"), std::string::npos);
  ASSERT_TRUE(engine->save_prefix(file_, prompt_of(200, 1)).ok());
  EngineOptions small;
  small.context = 64;
  small.max_active = 1;
  EXPECT_NE(refusal(*start(model_, small), file_).find("context"), std::string::npos);
}

}  // namespace
}  // namespace pincer
