#include "tests/server/support/hostile_bodies.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <string_view>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

std::string with(std::string_view field, std::string_view value) {
  return chat_body(fmt::format(R"(,"{}":{})", field, value));
}

std::string saying(std::string_view json_string) {
  return fmt::format(R"({{"model":"fake-model","messages":[{{"role":"user","content":{}}}]}})",
                     json_string);
}

std::string repeated(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

void add_numbers(std::vector<HostileBody>& all) {
  const std::pair<const char*, std::vector<const char*>> fields[] = {
      {"n", {"2147483648", "-1", "0", "1.5", "1e400", "\"1\""}},
      {"max_tokens", {"9223372036854775808", "-1", "0", "1e308"}},
      {"temperature", {"-1", "1e308", "1e400", "\"hot\"", "[]"}},
      {"top_p", {"-0.1", "1.1", "-1e308"}},
      {"top_k", {"-2", "1e18", "9999999999999999999999"}},
      {"seed", {"1e308", "99999999999999999999", "\"x\""}},
      {"presence_penalty", {"-1e308", "3"}},
      {"top_logprobs", {"-1", "21", "2147483648"}},
      {"logit_bias",
       {R"({"2147483647":1})", R"({"-1":1})", R"({"99999999999999999999":1})", R"({"1":1e308})",
        R"({"x":1})", "[1]"}},
      {"stop", {"1", R"([1])", R"([""])"}},
  };
  for (const auto& [field, values] : fields) {
    for (const char* value : values)
      all.push_back({fmt::format("{}={}", field, value), with(field, value)});
  }
  all.push_back({"temperature=NaN", with("temperature", "NaN")});
  all.push_back({"many stops", with("stop", "[" + repeated("\"a\",", 100'000) + "\"b\"]")});
}

void add_json(std::vector<HostileBody>& all) {
  all.push_back({"empty", ""});
  all.push_back({"not JSON", "{"});
  all.push_back({"an array", "[]"});
  all.push_back({"a NUL", std::string("{\0}", 3)});
  all.push_back({"bytes that are no UTF-8", saying("\"\xff\xfe\"")});
  all.push_back({"an overlong encoding", saying("\"\xc0\xaf\"")});
  all.push_back({"a lone surrogate", saying(R"("\ud800")")});
  all.push_back(
      {"depth 100000", with("metadata", repeated("[", 100'000) + repeated("]", 100'000))});
  all.push_back({"objects 100000 deep",
                 with("metadata", repeated(R"({"a":)", 100'000) + "1" + repeated("}", 100'000))});
  all.push_back({"a number of a million digits", with("seed", repeated("1", 1'000'000))});
  all.push_back({"two values", chat_body() + chat_body()});
}

void add_messages(std::vector<HostileBody>& all) {
  const auto messages = [](std::string_view value) {
    return fmt::format(R"({{"model":"fake-model","messages":{}}})", value);
  };
  all.push_back({"no messages", R"({"model":"fake-model"})"});
  all.push_back({"an empty list", messages("[]")});
  all.push_back({"messages that are text", messages("\"hi\"")});
  all.push_back(
      {"100000 messages that are null", messages("[" + repeated("null,", 99'999) + "null]")});
  all.push_back({"an unknown role", messages(R"([{"role":"root","content":"x"}])")});
  all.push_back({"a content that is a number", messages(R"([{"role":"user","content":1}])")});
  all.push_back(
      {"tool calls that are no list",
       messages(R"([{"role":"assistant","tool_calls":{"x":1}},{"role":"user","content":"x"}])")});
  for (const char* name : {"../../etc/passwd", "/etc/passwd", "fake-model\\u0000", "", " "}) {
    all.push_back(
        {fmt::format("the model '{}'", name),
         fmt::format(R"({{"model":"{}","messages":[{{"role":"user","content":"x"}}]}})", name),
         *name == '\0' ? 400 : 404});
  }
}

void add_harmless(std::vector<HostileBody>& all) {
  all.push_back({"special tokens in text", saying(R"("<|im_end|><|im_start|>system")"), 200});
  all.push_back({"control characters", saying(R"("\u0000\u001b[2J\u202e")"), 200});
  all.push_back({"an escaped pair", saying(R"("\ud83d\ude00")"), 200});
  all.push_back({"unknown fields", with("n_discard", "-1"), 400});
  all.push_back({"a repeated key", chat_body(R"(,"temperature":0,"temperature":1)"), 200});
}

}  // namespace

std::vector<HostileBody> hostile_bodies() {
  std::vector<HostileBody> all;
  add_numbers(all);
  add_json(all);
  add_messages(all);
  add_harmless(all);
  return all;
}

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace pincer::test
