#include "server/privacy/guard.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "server/privacy/audit_log.h"
#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

PrivacyGuard all_classes() {
  auto created = PrivacyGuard::create({});
  if (!created) throw std::runtime_error(created.error().message);
  return std::move(*created);
}

ChatRequest says(std::string text) {
  ChatRequest request;
  request.messages.push_back({.role = "user", .content = std::move(text)});
  return request;
}

Guarded guarded(const ChatRequest& request) {
  auto result = guard(request, all_classes());
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

TEST(Guard, GivesAValueOnePlaceholderInAllMessages) {
  ChatRequest request = says("I am ann@mail.org, and bob@mail.org is my friend.");
  request.messages.push_back({.role = "assistant", .content = "Hello ann@mail.org!"});
  const Guarded safe = guarded(request);
  EXPECT_EQ(safe.request.messages[0].content, "I am [EMAIL_1], and [EMAIL_2] is my friend.");
  EXPECT_EQ(safe.request.messages[1].content, "Hello [EMAIL_1]!");
  EXPECT_EQ(safe.found, (std::vector<ClassCount>{{PrivacyClass::email, 3}}));
}

TEST(Guard, KnowsAPasswordAgainWithoutTheWordBesideIt) {
  ChatRequest request = says("Try wolf7hound! again.");
  request.messages.push_back({.role = "user", .content = "password: wolf7hound!"});
  const Guarded safe = guarded(request);
  EXPECT_EQ(safe.request.messages[0].content, "Try [PASSWORD_1] again.");
  EXPECT_EQ(safe.request.messages[1].content, "password: [PASSWORD_1]");
}

TEST(Guard, KeepsArgumentsJson) {
  ChatRequest request = says("x");
  request.messages.push_back(
      {.role = "assistant",
       .tool_calls = {{.id = "call_1",
                       .name = "pay",
                       .arguments = R"({"to":"ann\u0040mail.org","card": 4111111111111111,)"
                                    R"("password":"a\"b7cd","n":12,"s":"\u00e9"})"}}});
  const Guarded safe = guarded(request);
  EXPECT_EQ(
      safe.request.messages[1].tool_calls[0].arguments,
      R"({"to":"[EMAIL_1]","card": "[CARD_1]","password":"[PASSWORD_1]","n":12,"s":"\u00e9"})");
  EXPECT_EQ(*safe.placeholders.value_of("EMAIL_1"), "ann@mail.org");
  EXPECT_EQ(*safe.placeholders.value_of("PASSWORD_1"), "a\"b7cd");
}

TEST(Guard, LooksAtEverythingThatLeaves) {
  ChatRequest request = says("hello");
  request.messages[0].reasoning = "a@mail.org";
  request.tools.push_back({.name = "f",
                           .description = "of b@mail.org",
                           .parameters = R"({"type":"object","description":"c@mail.org"})"});
  request.stops = {"d@mail.org"};
  request.format = OutputFormat{OutputFormat::Kind::json_schema, R"({"const":"e@mail.org"})"};
  const Guarded safe = guarded(request);
  EXPECT_EQ(safe.found, (std::vector<ClassCount>{{PrivacyClass::email, 5}}));
  EXPECT_EQ(safe.request.tools[0].description, "of [EMAIL_2]");
  EXPECT_EQ(safe.request.stops[0], "[EMAIL_5]");
  EXPECT_EQ(safe.request.format->text, R"({"const":"[EMAIL_4]"})");
  ChatRequest raw;
  raw.raw_prompt = "I am a@mail.org";
  EXPECT_EQ(std::get<std::string>(guarded(raw).request.raw_prompt), "I am [EMAIL_1]");
}

TEST(Guard, FailsWhereNothingCanBePutInstead) {
  const PrivacyGuard privacy = all_classes();
  ChatRequest grammar = says("hello");
  grammar.format = OutputFormat{OutputFormat::Kind::regex, "ann@mail.org"};
  EXPECT_EQ(guard(grammar, privacy).error().code, ErrorCode::unsupported);
  ChatRequest option = says("hello");
  option.template_options = {{"who", jinja::Value::text("ann@mail.org", false)}};
  EXPECT_FALSE(guard(option, privacy).ok());
  ChatRequest tokens;
  tokens.raw_prompt = std::vector<TokenId>{1, 2, 3};
  EXPECT_FALSE(guard(tokens, privacy).ok());
}

TEST(Guard, FailsWhenADetectorDoes) {
  const auto throws = [](std::string_view text, Findings&) {
    throw std::runtime_error(std::string(text));
  };
  const auto errs = [](std::string_view text, Findings& out) {
    out.push_back({PrivacyClass::phone, 2, text.size() + 1, Confidence::format});
  };
  const auto other = [](std::string_view, Findings&) { throw 7; };
  using Find = std::function<void(std::string_view, Findings&)>;
  for (const Find& find : {Find(throws), Find(errs), Find(other)}) {
    const auto result = guard(says("secret words"), PrivacyGuard({{PrivacyClass::phone, find}}));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message,
              "the privacy detector of phone failed; the request stays local");
  }
}

TEST(PrivacyGuard, NamesWhatIsWrongWithTheConfiguration) {
  const auto message = [](const PrivacyConfig& config) {
    auto created = PrivacyGuard::create(config);
    return created ? std::string("none") : created.error().message;
  };
  PrivacyConfig config;
  config.detect = {"emial"};
  EXPECT_NE(message(config).find("no class \"emial\""), std::string::npos);
  config.detect = {"name"};
  EXPECT_NE(message(config).find("names_file"), std::string::npos);
  config.detect = {"email", "secret"};
  EXPECT_EQ(message(config), "none");
  config.names_file = "/nowhere/names";
  EXPECT_NE(message(config).find("add it"), std::string::npos);
  config.detect.clear();
  EXPECT_NE(message(config).find("cannot read the names in /nowhere/names"), std::string::npos);
  const test::TemporaryFolder folder;
  config.names_file = (folder.path() / "names").string();
  std::ofstream(config.names_file) << "# people\n\nAnna\nX\n";
  EXPECT_NE(message(config).find("names, line 4"), std::string::npos);
  std::ofstream(config.names_file) << "# nobody\n";
  EXPECT_NE(message(config).find("has no names"), std::string::npos);
}

TEST(Overlaps, BecomeOneOfTheLongestOrStricter) {
  using enum PrivacyClass;
  const auto c = Confidence::format;
  EXPECT_EQ(resolve_overlaps({{email, 4, 10, c}, {phone, 0, 5, c}, {name, 20, 22, c}}),
            (Findings{{email, 0, 10, c}, {name, 20, 22, c}}));
  EXPECT_EQ(resolve_overlaps({{ip_address, 0, 5, c}, {iban, 0, 5, c}}),
            (Findings{{iban, 0, 5, c}}));
  EXPECT_EQ(resolve_overlaps({{email, 0, 5, c}, {phone, 5, 9, c}}).size(), 2U);
}

TEST(AuditLog, SaysWhatLeftAndNoValue) {
  AuditEntry entry;
  entry.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'123));
  entry.id = "req-\"1\"";
  entry.upstream = "cloud";
  entry.model = "big";
  entry.replaced = {{PrivacyClass::iban, 1}, {PrivacyClass::email, 2}};
  entry.body = "abc";
  const std::string line =
      R"({"time":"2023-11-14T22:13:20.123Z","id":"req-\"1\"","upstream":"cloud","model":"big",)"
      R"("replaced":{"iban":1,"email":2},"bytes":3,)"
      R"("sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})";
  EXPECT_EQ(audit_line(entry), line);
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "audit.log";
  for (int i = 0; i < 2; ++i) {
    auto log = AuditLog::open(file);
    ASSERT_TRUE(log.ok());
    (*log)->write(entry);
  }
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, line + "\n" + line + "\n");
  const auto bad = AuditLog::open("/nowhere/audit.log");
  EXPECT_EQ(bad.error().message,
            "cannot write the audit log /nowhere/audit.log: No such file or directory; check "
            "privacy.audit_log");
}

}  // namespace
}  // namespace pincer
