// What Python's jinja2 rendered in the environment of transformers must come out byte for byte.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/jinja/render.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

std::vector<json::object> read_lines(const std::string& name) {
  std::ifstream file(PINCER_SOURCE_DIR "/tests/golden/" + name);
  std::vector<json::object> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line).as_object());
  return lines;
}

std::string read_file(const std::string& name) {
  std::ifstream file(PINCER_SOURCE_DIR "/tests/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

jinja::Value convert(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return {};
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64();
    case json::kind::uint64:
      return static_cast<double>(value.get_uint64());
    case json::kind::double_:
      return value.get_double();
    case json::kind::string:
      return untrusted(std::string(value.get_string()));
    case json::kind::array: {
      jinja::List list;
      for (const json::value& item : value.get_array()) list.push_back(convert(item));
      return list;
    }
    case json::kind::object: {
      jinja::Object object;
      for (const auto& [key, item] : value.get_object()) {
        object.emplace_back(std::string(key), convert(item));
      }
      return object;
    }
  }
  return {};
}

jinja::Object convert_object(const json::object& object) {
  jinja::Object out;
  for (const auto& [key, value] : object) out.emplace_back(std::string(key), convert(value));
  return out;
}

void expect_golden(std::string_view source, const jinja::Object& context,
                   const json::object& line) {
  const auto result = pieces(source, context);
  if (line.contains("error")) {
    EXPECT_FALSE(result.ok()) << "rendered: " << joined(*result);
    return;
  }
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(joined(*result), std::string(line.at("text").as_string()));
}

TEST(JinjaGolden, Language) {
  const std::vector<json::object> lines = read_lines("jinja_language.jsonl");
  ASSERT_GE(lines.size(), 180U);
  for (const json::object& line : lines) {
    const std::string source(line.at("template").as_string());
    SCOPED_TRACE(source);
    expect_golden(source, convert_object(line.at("context").as_object()), line);
  }
}

TEST(JinjaGolden, ConversationsWithTheRealTemplate) {
  const std::vector<json::object> lines = read_lines("jinja.jsonl");
  const std::string source = read_file("smollm2_chat_template.jinja");
  ASSERT_GE(lines.size(), 30U);
  ASSERT_FALSE(source.empty());
  for (const json::object& line : lines) {
    SCOPED_TRACE(json::serialize(line));
    jinja::Object context;
    for (const auto& [key, value] : line) {
      if (key != "text" && key != "error") context.emplace_back(std::string(key), convert(value));
    }
    expect_golden(source, context, line);
  }
}

// Of Gemma 3, Qwen2 and 2.5, Llama 3 and 3.1.
TEST(JinjaGolden, TemplatesOfTheFamilies) {
  const std::vector<json::object> lines = read_lines("chat_templates.jsonl");
  ASSERT_GE(lines.size(), 300U);
  const json::object& sources = lines.front().at("templates").as_object();
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const json::object& line = lines[i];
    SCOPED_TRACE(json::serialize(line));
    const std::string source(sources.at(line.at("template").as_string()).as_string());
    expect_golden(source, convert_object(line.at("context").as_object()), line);
  }
}

}  // namespace
}  // namespace pincer::test
