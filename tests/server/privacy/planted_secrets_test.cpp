// The bar of the project: a thousand secrets in five hundred conversations, none of which leaves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "server/privacy/guard.h"
#include "server/privacy/json_text.h"
#include "server/privacy/stream_restorer.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/server/privacy/planted_secret.h"

namespace pincer {
namespace {

using test::Dice;
using test::PlantedSecret;

constexpr std::size_t kSecrets = 1000, kConversations = 500;
constexpr std::uint64_t kSeed = 20'261'126;
constexpr double kRecall = 0.99;

struct Place {
  std::string_view name, around;
};
// What a secret stands in. Of JSON, "{}" is escaped.
constexpr Place kPlaces[] = {
    {"prose", "Dear support, please use {} for this, and tell me when it is done."},
    {"end of a sentence", "It used to be something else, but now it is {}."},
    {"alone", "{}"},
    {"parentheses", "We changed it last week ({}) and nobody noticed."},
    {"quotes", "She said \"{}\" and left."},
    {"Markdown", "## Notes\n\n- first point\n- **{}**\n- `last` point\n"},
    {"table", "| field | value |\n|---|---|\n| current | {} |\n| next | unknown |\n"},
    {"code", "const value = \"{}\";  // do not commit\nreturn render(value);\n"},
    {"YAML", "service:\n  setting: {}\n  replicas: two\n"},
    {"CSV", "id,setting,state\n7,{},active\n8,none,closed\n"},
    {"HTML", "<td class=\"cell\">{}</td><td>more</td>"},
    {"log", "INFO worker started with {} and goes on"},
    {"Chinese", "请查看以下内容：{}，谢谢。"},
    {"Chinese, no space", "我们的是{}请尽快处理"},
    {"Japanese", "これは「{}」です。"},
    {"Arabic", "القيمة هي {} شكرا"},
};

std::string put(std::string_view around, const std::string& text) {
  std::string all(around);
  all.replace(all.find("{}"), 2, text);
  return all;
}

// Written for this test: what a byte search of an upstream's log would look at.
std::string as_json(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string all_texts(const ChatRequest& request) {
  std::string all;
  for (const Message& message : request.messages) {
    all += message.content + "\n\n" + message.reasoning + "\n\n";
    for (const ToolCall& call : message.tool_calls) all += call.arguments + "\n\n";
  }
  for (const Tool& tool : request.tools)
    all += tool.description + "\n\n" + tool.parameters + "\n\n";
  if (const auto* raw = std::get_if<std::string>(&request.raw_prompt)) all += *raw;
  return all;
}

// Whether half of the secret, in one piece, is still there: a part betrays, too.
bool leaks(const std::string& body, const std::string& secret) {
  const std::size_t half =
      std::max<std::size_t>(std::min<std::size_t>(secret.size(), 5), (secret.size() + 1) / 2);
  for (std::size_t i = 0; i + half <= secret.size(); ++i) {
    if (body.find(secret.substr(i, half)) != std::string::npos) return true;
  }
  return false;
}

void place(ChatRequest& request, const PlantedSecret& secret, std::string_view around, Dice& dice) {
  const std::string text = put(around, secret.text);
  switch (dice.below(6)) {
    case 0:
      request.messages.push_back({.role = "system", .content = text});
      break;
    case 1:
      request.messages.push_back({.role = "tool", .content = text, .tool_call_id = "call_a1"});
      break;
    case 2:
      request.messages.push_back(
          {.role = "assistant",
           .tool_calls = {{.id = "call_a1",
                           .name = "save",
                           .arguments = "{\"n\":3,\"text\":\"" + as_json(text) + "\"}"}}});
      break;
    case 3:
      request.messages.push_back({.role = "assistant", .content = "Yes.", .reasoning = text});
      break;
    case 4:
      request.tools.push_back({.name = "save", .description = text, .parameters = "{}"});
      break;
    default:
      request.messages.push_back({.role = "user", .content = text});
  }
}

struct Conversation {
  ChatRequest request;
  std::vector<PlantedSecret> secrets;
  std::vector<std::string_view> places;
};

std::vector<Conversation> conversations() {
  Dice dice(kSeed);
  std::vector<Conversation> all(kConversations);
  for (Conversation& each : all) {
    each.request.messages.push_back({.role = "system", .content = "You are a helpful assistant."});
  }
  for (std::size_t i = 0; i < kSecrets; ++i) {
    Conversation& each = all[i % kConversations];
    PlantedSecret secret =
        test::plant(test::kPlantedKinds[i % std::size(test::kPlantedKinds)], dice);
    const Place& where = kPlaces[dice.below(std::size(kPlaces))];
    place(each.request, secret, where.around, dice);
    each.secrets.push_back(std::move(secret));
    each.places.push_back(where.name);
  }
  for (Conversation& each : all) {
    each.request.messages.push_back({.role = "user", .content = "What do you make of all this?"});
  }
  return all;
}

class PlantedSecrets : public ::testing::Test {
 protected:
  PlantedSecrets() {
    const auto file = folder_.path() / "names.txt";
    std::ofstream out(file);
    for (const std::string_view name : test::kPlantedNames) out << name << '\n';
    out.close();
    PrivacyConfig config;
    config.names_file = file.string();
    auto created = PrivacyGuard::create(config);
    if (!created) throw std::runtime_error(created.error().message);
    guard_.emplace(std::move(*created));
  }

  Guarded guarded(const ChatRequest& request) const {
    auto result = guard(request, *guard_);
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }

  test::TemporaryFolder folder_;
  std::optional<PrivacyGuard> guard_;
};

TEST_F(PlantedSecrets, NoneLeaves) {
  std::map<std::string, std::pair<int, int>> found;  // class -> hidden, planted
  std::string missed;
  for (const Conversation& each : conversations()) {
    const std::string body = all_texts(guarded(each.request).request);
    const std::string json = as_json(body);
    for (std::size_t i = 0; i < each.secrets.size(); ++i) {
      const PlantedSecret& secret = each.secrets[i];
      auto& [hidden, planted] = found[secret.kind];
      ++planted;
      if (leaks(body, secret.value) || leaks(json, as_json(secret.value))) {
        missed += fmt::format("  {} ({}) in {}: {}\n", secret.kind, secret.form, each.places[i],
                              secret.text);
      } else {
        ++hidden;
      }
    }
  }
  EXPECT_EQ(found.size(), std::size(test::kPlantedKinds));
  for (const auto& [kind, count] : found) {
    const double recall = static_cast<double>(count.first) / count.second;
    fmt::print("{:16} {:3} of {:3} kept here, recall {:.3f}\n", kind, count.first, count.second,
               recall);
    EXPECT_GE(recall, kRecall) << kind;
  }
  fmt::print("missed:\n{}", missed);
}

std::vector<std::size_t> cuts(std::size_t size, std::size_t step, Dice& dice) {
  std::vector<std::size_t> sizes;  // 0: at random
  for (std::size_t at = 0; at < size;) {
    sizes.push_back(std::min(size - at, step > 0 ? step : 1 + dice.below(40)));
    at += sizes.back();
  }
  return sizes;
}

std::string streamed(const std::string& text, const PlaceholderMap& map, AnswerPart::Kind kind,
                     std::size_t step, Dice& dice) {
  StreamRestorer restorer(map);
  std::string all;
  std::size_t at = 0;
  const auto take = [&all](const std::vector<AnswerPart>& parts) {
    for (const AnswerPart& part : parts) all += part.text;
  };
  for (const std::size_t size : cuts(text.size(), step, dice)) {
    take(restorer.push({.kind = kind, .text = text.substr(at, size), .id = {}}));
    at += size;
  }
  take(restorer.finish());
  return all;
}

TEST_F(PlantedSecrets, ComeBackWhateverTheChunks) {
  Dice dice(kSeed + 1);
  int texts = 0;
  for (const Conversation& each : conversations()) {
    const Guarded safe = guarded(each.request);
    ASSERT_EQ(safe.request.messages.size(), each.request.messages.size());
    for (const std::size_t step : {1, 2, 3, 0}) {
      for (std::size_t i = 0; i < each.request.messages.size(); ++i) {
        const Message &before = each.request.messages[i], &after = safe.request.messages[i];
        const auto& map = safe.placeholders;
        ASSERT_EQ(streamed(after.content, map, AnswerPart::Kind::text, step, dice), before.content);
        ASSERT_EQ(streamed(after.reasoning, map, AnswerPart::Kind::reasoning, step, dice),
                  before.reasoning);
        for (std::size_t k = 0; k < before.tool_calls.size(); ++k) {
          ASSERT_EQ(
              streamed(after.tool_calls[k].arguments, map, AnswerPart::Kind::arguments, step, dice),
              before.tool_calls[k].arguments);
        }
        ++texts;
      }
    }
  }
  fmt::print("{} texts restored\n", texts);
}

// What a model may say with the placeholders that it read.
TEST_F(PlantedSecrets, ComeBackInAnAnswerThatQuotesThem) {
  Dice dice(kSeed + 2);
  for (const Conversation& each : conversations()) {
    const Guarded safe = guarded(each.request);
    std::string answer, expected;
    for (const PlantedSecret& secret : each.secrets) {
      PlaceholderMap map = safe.placeholders;
      const std::string name = map.name_of(PrivacyClass::email, secret.value);
      if (safe.placeholders.value_of(name) == nullptr) continue;  // it was part of something longer
      answer += fmt::format("See [{0}], or **{0}**: \\[{0}\\]({0}).\n", name);
      expected += fmt::format("See {0}, or **{0}**: {0}({0}).\n", secret.value);
    }
    for (const std::size_t step : {1, 2, 3, 0}) {
      ASSERT_EQ(streamed(answer, safe.placeholders, AnswerPart::Kind::text, step, dice), expected);
    }
  }
}

// Told, not asked for: docs/privacy.md says what is not promised.
TEST_F(PlantedSecrets, OfOtherFormsAreReported) {
  Dice dice(kSeed + 3);
  int hidden = 0, all = 0;
  std::set<std::string> missed;
  for (int round = 0; round < 10; ++round) {
    for (const PlantedSecret& secret : test::plant_unpromised(dice)) {
      ChatRequest request;
      request.messages.push_back(
          {.role = "user", .content = put("We have {} here, as you know.", secret.text)});
      const bool leaked = leaks(all_texts(guarded(request).request), secret.value);
      ++all;
      if (leaked) {
        missed.insert(secret.kind + ": " + secret.form);
      } else {
        ++hidden;
      }
    }
  }
  fmt::print("{} of {} of forms that are not promised kept here; these were missed:\n", hidden,
             all);
  for (const std::string& form : missed) fmt::print("  {}\n", form);
}

}  // namespace
}  // namespace pincer
