// JSON Schema: tests/golden/grammar_schema.jsonl holds what the Python package jsonschema says.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "engine/grammar/json.h"
#include "engine/grammar/schema_source.h"
#include "engine/grammar/schema_validator.h"
#include "tests/engine/grammar/support.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

void for_each_golden(const std::function<void(const std::string&, const json::object&)>& check) {
  std::ifstream in(std::string(PINCER_SOURCE_DIR) + "/tests/golden/grammar_schema.jsonl");
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    const json::object entry = json::parse(line).as_object();
    check(json::serialize(entry.at("schema")), entry);
  }
  EXPECT_GE(lines, 70);
}

TEST(Schema, TakesWhatIsValidAndNothingElse) {
  for_each_golden([](const std::string& schema, const json::object& entry) {
    const auto constraint = compiled(Kind::json_schema, schema);
    if (!constraint) return;
    for (const json::value& text : entry.at("take").as_array()) {
      EXPECT_TRUE(accepts(constraint, json::value_to<std::string>(text))) << schema << "\n" << text;
    }
    for (const json::value& text : entry.at("refuse").as_array()) {
      EXPECT_FALSE(accepts(constraint, json::value_to<std::string>(text))) << schema << "\n"
                                                                           << text;
    }
  });
}

// Whatever is picked, what ends is valid.
void expect_valid_samples(const std::string& schema, std::mt19937& random, int count) {
  const auto constraint = compiled(Kind::json_schema, schema);
  const auto document = grammar::read_json(schema);
  ASSERT_TRUE(document.ok());
  for (int i = 0; constraint && i < count; ++i) {
    const Sample made = sample(constraint, random, 300);
    if (!made.ended) continue;
    const auto value = grammar::read_json(made.text);
    // A made-up member may come twice: then the last one counts, for those who read it.
    if (!value.ok() && value.error().message.find("twice") != std::string::npos) continue;
    ASSERT_TRUE(value.ok()) << schema << "\n" << made.text << "\n" << value.error().message;
    grammar::SchemaSource source(*document);
    grammar::Grammar patterns;
    grammar::SchemaValidator validator(source, patterns);
    EXPECT_TRUE(validator.valid(*document, *value)) << schema << "\n" << made.text;
    EXPECT_FALSE(source.failed()) << source.error().message;
  }
}

TEST(Schema, SamplesAreValid) {
  std::mt19937 random(11);
  for_each_golden([&](const std::string& schema, const json::object&) {
    expect_valid_samples(schema, random, 10);
  });
}

// Schemas of all kinds of keywords, nested.
class RandomSchema {
 public:
  explicit RandomSchema(std::mt19937& random) : random_(random) {}

  std::string make(int depth) {
    switch (below(depth > 0 ? 11 : 7)) {
      case 0:
        return R"({"type":"boolean"})";
      case 1:
        return number("integer");
      case 2:
        return number("number");
      case 3:
        return string();
      case 4:
        return R"({"enum":["a","ab",1,-2.5,null,true,{"k":[1]}]})";
      case 5:
        return R"({"type":"string","pattern":"^[a-c]{1,3}(-\\d+)?$"})";
      case 6:
        return R"({"type":["integer","null"]})";
      case 7:
        return array(depth);
      case 8:
        return R"({"anyOf":[)" + make(depth - 1) + "," + make(depth - 1) + "]}";
      default:
        return object(depth);
    }
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string number(const std::string& type) {
    std::string out = "{\"type\":\"" + type + "\"";
    const int low = below(300) - 150;
    if (below(2) == 0)
      out += ",\"minimum\":" + std::to_string(low) + (type == "number" ? ".25" : "");
    if (below(2) == 0) out += ",\"exclusiveMaximum\":" + std::to_string(low + 2 + below(1000));
    return out + "}";
  }

  std::string string() {
    const int min = below(3);
    return "{\"type\":\"string\",\"minLength\":" + std::to_string(min) +
           ",\"maxLength\":" + std::to_string(min + below(20)) + "}";
  }

  std::string array(int depth) {
    std::string out = R"({"type":"array","items":)" + make(depth - 1);
    const int min = below(3);
    if (below(2) == 0) out += ",\"minItems\":" + std::to_string(min);
    if (below(2) == 0) out += ",\"maxItems\":" + std::to_string(min + below(3));
    if (below(3) == 0) out += ",\"prefixItems\":[" + make(depth - 1) + "]";
    return out + "}";
  }

  std::string object(int depth) {
    std::string properties, required;
    for (int i = below(4); i >= 0; --i) {
      const std::string name = "\"p" + std::to_string(i) + "\"";
      properties += (properties.empty() ? "" : ",") + name + ":" + make(depth - 1);
      if (below(2) == 0) required += (required.empty() ? "" : ",") + name;
    }
    std::string out =
        R"({"type":"object","properties":{)" + properties + "},\"required\":[" + required + "]";
    if (below(3) == 0) out += ",\"additionalProperties\":" + make(depth - 1);
    return out + "}";
  }

  std::mt19937& random_;
};

TEST(Schema, SamplesOfRandomSchemasAreValid) {
  std::mt19937 random(5);
  for (int i = 0; i < 600; ++i) expect_valid_samples(RandomSchema(random).make(3), random, 3);
}

TEST(Schema, RefusesKeywordsByNameAndPlace) {
  expect_error(Kind::json_schema, R"({"properties":{"a":{"not":{}}}})", ErrorCode::unsupported,
               {"'not'", "#/properties/a"});
  expect_error(Kind::json_schema, R"({"if":{},"then":{}})", ErrorCode::unsupported, {"'if'"});
  expect_error(Kind::json_schema, R"({"type":"array","contains":{}})", ErrorCode::unsupported,
               {"'contains'"});
  expect_error(Kind::json_schema, R"({"type":"array","uniqueItems":true})", ErrorCode::unsupported,
               {"'uniqueItems'"});
  expect_error(Kind::json_schema, R"({"type":"integer","multipleOf":3})", ErrorCode::unsupported,
               {"'multipleOf'"});
  expect_error(Kind::json_schema, R"({"type":"string","format":"iri"})", ErrorCode::unsupported,
               {"'iri'", "uuid"});
  expect_error(Kind::json_schema, R"({"$ref":"http://example.com/s.json"})", ErrorCode::unsupported,
               {"http://example.com/s.json"});
  expect_error(Kind::json_schema, R"x({"type":"string","pattern":"(?=a)"})x",
               ErrorCode::unsupported, {"look-around", "#/pattern"});
  expect_error(Kind::json_schema, R"({"items":[{}]})", ErrorCode::unsupported, {"prefixItems"});
  expect_error(Kind::json_schema, R"({"minProperties":3})", ErrorCode::unsupported,
               {"minProperties"});
  expect_error(Kind::json_schema, R"({"tpye":"string"})", ErrorCode::unsupported, {"'tpye'"});
}

TEST(Schema, RefusesOneOfWhoseBranchesMayHoldAtOnce) {
  for (
      const char* schema : {
          R"({"oneOf":[{"type":"integer"},{"type":"number"}]})",
          R"({"oneOf":[{"type":"string"},{"type":"string","maxLength":3}]})",
          R"({"type":"object","properties":{"a":{},"b":{}},"oneOf":[{"required":["a"]},{"required":["b"]}]})",
          R"({"oneOf":[{"type":"object","properties":{"k":{"enum":["a","b"]}},"required":["k"]},
                        {"type":"object","properties":{"k":{"enum":["b","c"]}},"required":["k"]}]})",
      }) {
    expect_error(Kind::json_schema, schema, ErrorCode::unsupported, {"oneOf", "anyOf"});
  }
}

TEST(Schema, SaysWhatIsWrong) {
  expect_error(Kind::json_schema, R"({"$ref":"#/$defs/none"})", ErrorCode::invalid_argument,
               {"#/$defs/none"});
  expect_error(Kind::json_schema, R"({"required":"a"})", ErrorCode::invalid_argument,
               {"required", "list"});
  expect_error(Kind::json_schema, R"({"anyOf":[]})", ErrorCode::invalid_argument, {"anyOf"});
  expect_error(Kind::json_schema, R"({"type":"integer","minimum":5,"maximum":4})",
               ErrorCode::invalid_argument, {"never end"});
}

TEST(Schema, JsonObjectIsAnyObject) {
  expect_texts(Kind::json_object, "", {"{}", R"({"a": [1, {"b": null}], "c": "ä\n"})"},
               {"[]", "1", "{", R"({"a": 1} )"});
}

// A model that likes white space cannot fill its answer with it.
TEST(Schema, BoundsWhiteSpace) {
  const auto constraint = compiled(Kind::json_object, "");
  EXPECT_TRUE(accepts(constraint, "{\n" + std::string(20, ' ') + "}"));
  EXPECT_FALSE(accepts(constraint, "{\n" + std::string(22, ' ') + "}"));
  EXPECT_FALSE(accepts(constraint, "{\n\n\n}"));
  EXPECT_FALSE(accepts(constraint, "{   }"));
  EXPECT_FALSE(accepts(constraint, " {}"));
}

}  // namespace
}  // namespace pincer::test
