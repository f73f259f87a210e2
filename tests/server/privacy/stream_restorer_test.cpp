#include "server/privacy/stream_restorer.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

PlaceholderMap two() {
  PlaceholderMap map;
  map.name_of(PrivacyClass::email, "ann@mail.org");
  map.name_of(PrivacyClass::api_key, "key \"with\" \\ and\nmore");
  return map;
}

TEST(Restore, WhatModelsWrite) {
  const PlaceholderMap map = two();
  EXPECT_EQ(restore("[EMAIL_1], EMAIL_1.", map), "ann@mail.org, ann@mail.org.");
  EXPECT_EQ(restore("[EMAIL_1, EMAIL_1]", map), "[ann@mail.org, ann@mail.org]");
  EXPECT_EQ(restore(R"(\[EMAIL\_1\] and EMAIL\_1)", map), "ann@mail.org and ann@mail.org");
  EXPECT_EQ(restore("[[EMAIL_1]](mailto:[EMAIL_1])", map), "[ann@mail.org](mailto:ann@mail.org)");
  EXPECT_EQ(restore("发给EMAIL_1吧", map), "发给ann@mail.org吧");
}

TEST(Restore, NotWhatOnlyLooksSo) {
  const PlaceholderMap map = two();
  for (const char* text :
       {"email_1 = [email_1]", "[EMAIL_2]", "EMAIL_12", "MY_EMAIL_1", "EMAIL_1x", "EMAIL_",
        "[EMAIL_", "[EMAIL", "[", "\\", "\\[EMAIL", "[API_KEY", "EMAIL\\"}) {
    EXPECT_EQ(restore(text, map), text);
  }
  EXPECT_EQ(restore("\\[EMAIL_1]", map), "\\ann@mail.org");  // the backslash is the text's own
}

TEST(Restore, EscapesInJson) {
  const PlaceholderMap map = two();
  EXPECT_EQ(restore(R"({"k":"[API_KEY_1]","t":"\nEMAIL_1"})", map, true),
            R"({"k":"key \"with\" \\ and\nmore","t":"\nann@mail.org"})");
  EXPECT_EQ(restore(R"({"path":"C:\\[EMAIL_1]"})", map, true), R"({"path":"C:\\ann@mail.org"})");
}

TEST(TextRestorer, HoldsBackOnlyWhatMayBecomeAPlaceholder) {
  const PlaceholderMap map = two();
  TextRestorer restorer(map, false);
  EXPECT_EQ(restorer.push("Write to [x] or "), "Write to [x] or ");
  EXPECT_EQ(restorer.push("[EMA"), "");
  EXPECT_EQ(restorer.push("X"), "[EMAX");
  EXPECT_EQ(restorer.push(" [EMAIL_"), " ");
  EXPECT_EQ(restorer.push("1]"), "ann@mail.org");
  EXPECT_EQ(restorer.push(" EMAIL_1"), " ");  // EMAIL_12 is another
  EXPECT_EQ(restorer.push("."), "ann@mail.org.");
  EXPECT_EQ(restorer.push(" EMAIL_1"), " ");
  EXPECT_EQ(restorer.finish(), "ann@mail.org");
}

TEST(TextRestorer, WithoutValuesHoldsNothingBack) {
  const PlaceholderMap none;
  TextRestorer restorer(none, false);
  EXPECT_EQ(restorer.push("[EMAIL_"), "[EMAIL_");
}

TEST(StreamRestorer, KeepsKindsAndCallsApart) {
  using Kind = AnswerPart::Kind;
  const PlaceholderMap map = two();
  StreamRestorer restorer(map);
  std::vector<AnswerPart> got;
  const auto push = [&](AnswerPart part) {
    for (AnswerPart& each : restorer.push(std::move(part))) got.push_back(std::move(each));
  };
  push({.kind = Kind::reasoning, .text = "about [EMAIL", .id = {}});
  push({.kind = Kind::reasoning, .text = "_1] and [EMAIL", .id = {}});
  push({.kind = Kind::text, .text = "_1] stays", .id = {}});
  push({.kind = Kind::call, .text = "send", .id = "call_1"});
  push({.kind = Kind::arguments, .text = R"({"k":"[API_KEY_)", .id = {}});
  push({.kind = Kind::call, .text = "send", .id = "call_2"});
  push({.kind = Kind::arguments, .text = R"({"k":"[API_KEY_1]"})", .id = {}});
  for (AnswerPart& each : restorer.finish()) got.push_back(std::move(each));
  std::string all;
  for (const AnswerPart& part : got) {
    all += std::string(1, "trca"[static_cast<int>(part.kind)]) + "<" + part.text + ">";
  }
  EXPECT_EQ(all,
            "r<about >r<ann@mail.org and >r<[EMAIL>t<_1] stays>c<send>a<{\"k\":\">a<[API_KEY_>"
            "c<send>a<{\"k\":\"key \\\"with\\\" \\\\ and\\nmore\"}>");
}

TEST(PlaceholderMap, IsClearOfWhatTheTextSays) {
  PlaceholderMap map;
  map.keep_clear_of("[EMAIL_1], email_3 and EMAIL\\_45; [PHONE_x]");
  EXPECT_EQ(map.name_of(PrivacyClass::email, "a@b.cd"), "EMAIL_2");
  EXPECT_EQ(map.name_of(PrivacyClass::email, "b@b.cd"), "EMAIL_5");
  EXPECT_EQ(map.name_of(PrivacyClass::email, "a@b.cd"), "EMAIL_2");
  EXPECT_EQ(map.name_of(PrivacyClass::phone, "030 1234567"), "PHONE_1");
}

}  // namespace
}  // namespace pincer
