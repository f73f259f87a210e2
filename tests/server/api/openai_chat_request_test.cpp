#include "server/api/openai_chat_request.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pincer {
namespace {

std::string body_with(std::string_view more) {
  return fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"Hi"}}]{}}})", more);
}

std::string body_of(std::string_view messages) {
  return fmt::format(R"({{"model":"m","messages":{}}})", messages);
}

OpenAiChatRequest parsed(const std::string& body) {
  auto result = parse_openai_chat(body, SamplingParams{}, 32);
  const auto* problem = std::get_if<Problem>(&result);
  EXPECT_EQ(problem, nullptr) << body << ": " << problem->message;
  return problem ? OpenAiChatRequest{} : std::get<OpenAiChatRequest>(result);
}

Problem refused(const std::string& body) {
  auto result = parse_openai_chat(body, SamplingParams{}, 32);
  EXPECT_TRUE(std::holds_alternative<Problem>(result)) << body.substr(0, 200);
  return std::holds_alternative<Problem>(result) ? std::get<Problem>(result) : Problem{};
}

TEST(OpenAiChatRequest, TakesEveryParameter) {
  const auto request = parsed(body_with(
      R"(,"temperature":0.5,"top_p":0.25,"top_k":7,"min_p":0.125,"typical_p":0.75,"repetition_penalty":1.5,)"
      R"("presence_penalty":-2,"frequency_penalty":2,"seed":-1,"max_tokens":9,"stop":["a","b"],"logprobs":true,)"
      R"("top_logprobs":20,"stream":true,"stream_options":{"include_usage":true},"n":1,"logit_bias":{"42":-100,"7":1.5})"));
  const SamplingParams& sampling = request.chat.sampling;
  EXPECT_EQ(sampling.temperature, 0.5f);
  EXPECT_EQ(sampling.top_p, 0.25f);
  EXPECT_EQ(sampling.top_k, 7);
  EXPECT_EQ(sampling.min_p, 0.125f);
  EXPECT_EQ(sampling.typical_p, 0.75f);
  EXPECT_EQ(sampling.repetition_penalty, 1.5f);
  EXPECT_EQ(sampling.presence_penalty, -2.0f);
  EXPECT_EQ(sampling.frequency_penalty, 2.0f);
  EXPECT_EQ(sampling.seed, ~std::uint64_t{0});
  const std::vector<std::pair<TokenId, float>> biases = {{42, -100.0f}, {7, 1.5f}};
  EXPECT_EQ(sampling.logit_bias, biases);
  EXPECT_EQ(request.chat.max_tokens, 9);
  EXPECT_EQ(request.chat.stops, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(request.chat.want_logprobs);
  EXPECT_EQ(request.chat.top_logprobs, 20);
  EXPECT_TRUE(request.streaming.stream);
  EXPECT_TRUE(request.streaming.include_usage);
}

TEST(OpenAiChatRequest, TheTierIsAPriorityAndTheUserAClient) {
  EXPECT_EQ(parsed(body_with("")).chat.priority, 0);
  EXPECT_EQ(parsed(body_with("")).chat.client, "");
  EXPECT_EQ(parsed(body_with(R"(,"service_tier":"default")")).chat.priority, 0);
  EXPECT_EQ(parsed(body_with(R"(,"service_tier":"priority")")).chat.priority, 1);
  EXPECT_EQ(parsed(body_with(R"(,"service_tier":"flex","user":"ann")")).chat.priority, -1);
  EXPECT_EQ(parsed(body_with(R"(,"user":"ann")")).chat.client, "ann");
  EXPECT_EQ(refused(body_with(R"(,"service_tier":"first")")).param, "service_tier");
  EXPECT_EQ(refused(body_with(R"(,"user":7)")).param, "user");
}

TEST(OpenAiChatRequest, SilenceAndNullMeanTheDefaults) {
  const auto request = parsed(body_with(
      R"(,"temperature":null,"top_p":null,"stop":null,"n":null,"stream":null,"max_tokens":null,"logit_bias":null)"));
  const SamplingParams defaults;
  EXPECT_EQ(request.chat.sampling.temperature, defaults.temperature);
  EXPECT_EQ(request.chat.sampling.top_p, defaults.top_p);
  EXPECT_EQ(request.chat.max_tokens, -1);
  EXPECT_TRUE(request.chat.stops.empty());
  EXPECT_FALSE(request.streaming.stream);
}

TEST(OpenAiChatRequest, ASilentSeedIsRandomAndAGivenOneIsKept) {
  EXPECT_NE(parsed(body_with("")).chat.sampling.seed, parsed(body_with("")).chat.sampling.seed);
  EXPECT_EQ(parsed(body_with(R"(,"seed":7)")).chat.sampling.seed, 7u);
}

TEST(OpenAiChatRequest, MaxCompletionTokensIsTheNewerName) {
  EXPECT_EQ(parsed(body_with(R"(,"max_completion_tokens":5)")).chat.max_tokens, 5);
  EXPECT_EQ(parsed(body_with(R"(,"max_tokens":3,"max_completion_tokens":5)")).chat.max_tokens, 5);
}

TEST(OpenAiChatRequest, OneStopStringNeedsNoArray) {
  EXPECT_EQ(parsed(body_with(R"(,"stop":"END")")).chat.stops, std::vector<std::string>{"END"});
}

TEST(OpenAiChatRequest, RolesAndTextPartsBecomeMessages) {
  const auto messages =
      parsed(
          body_of(
              R"([{"role":"developer","content":"d"},{"role":"assistant","content":"a","name":"x","tool_calls":)"
              R"([{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
              R"({"role":"tool","tool_call_id":"1","content":"t"},)"
              R"({"role":"user","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]}])"))
          .chat.messages;
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[1].role, "assistant");
  EXPECT_EQ(messages[2].role, "tool");
  EXPECT_EQ(messages[3].content, "1\n2");
}

TEST(OpenAiChatRequest, IgnoresWhatDoesNotChangeTheAnswer) {
  parsed(body_with(
      R"(,"user":"u","metadata":{"a":"b"},"store":true,"service_tier":"auto","safety_identifier":"s",)"
      R"("tools":[],"tool_choice":"none","response_format":{"type":"text"},"modalities":["text"])"));
}

TEST(OpenAiChatRequest, OfferedToolsAreTaken) {
  const auto chat =
      parsed(
          body_with(
              R"(,"parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f",)"
              R"("description":"d","strict":true,"parameters":{"type":"object"}}},)"
              R"({"type":"function","function":{"name":"g"}}])"))
          .chat;
  ASSERT_EQ(chat.tools.size(), 2u);
  EXPECT_EQ(chat.tools[0].name, "f");
  EXPECT_EQ(chat.tools[0].description, "d");
  EXPECT_EQ(chat.tools[0].parameters, R"({"type":"object"})");
  EXPECT_TRUE(chat.tools[0].strict);
  EXPECT_EQ(chat.tools[1].parameters, "");
  EXPECT_FALSE(chat.parallel_tool_calls);
  EXPECT_EQ(chat.tool_choice.kind, ToolChoice::Kind::automatic);
}

constexpr std::string_view kTools =
    R"(,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}])";

TEST(OpenAiChatRequest, ToolChoices) {
  using Kind = ToolChoice::Kind;
  const auto choice = [](std::string_view text) {
    return parsed(body_with(fmt::format(R"({},"tool_choice":{})", kTools, text))).chat;
  };
  EXPECT_EQ(choice(R"("auto")").tool_choice.kind, Kind::automatic);
  EXPECT_EQ(choice(R"("none")").tool_choice.kind, Kind::none);
  EXPECT_EQ(choice(R"("required")").tool_choice.kind, Kind::required);
  const auto named = choice(R"({"type":"function","function":{"name":"g"}})").tool_choice;
  EXPECT_EQ(named.kind, Kind::named);
  EXPECT_EQ(named.name, "g");
  const auto allowed = choice(
      R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}})");
  EXPECT_EQ(allowed.tool_choice.kind, Kind::required);
  ASSERT_EQ(allowed.tools.size(), 1u);
  EXPECT_EQ(allowed.tools[0].name, "g");
}

TEST(OpenAiChatRequest, FormsOfTheAnswer) {
  const auto format = [](std::string_view more) { return parsed(body_with(more)).chat.format; };
  EXPECT_FALSE(format(R"(,"response_format":{"type":"text"})"));
  EXPECT_EQ(format(R"(,"response_format":{"type":"json_object"})"),
            (OutputFormat{OutputFormat::Kind::json_object, ""}));
  EXPECT_EQ(format(R"(,"response_format":{"type":"json_object","schema":{"const":1}})"),
            (OutputFormat{OutputFormat::Kind::json_schema, R"({"const":1})"}));
  EXPECT_EQ(
      format(
          R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"integer"},"strict":true}})"),
      (OutputFormat{OutputFormat::Kind::json_schema, R"({"type":"integer"})"}));
  EXPECT_EQ(format(R"(,"grammar":"root ::= \"a\"")"),
            (OutputFormat{OutputFormat::Kind::gbnf, R"(root ::= "a")"}));
  EXPECT_EQ(format(R"(,"structured_outputs":{"regex":"a+"})"),
            (OutputFormat{OutputFormat::Kind::regex, "a+"}));
  EXPECT_EQ(format(R"(,"structured_outputs":{"choice":["yes","no"]})"),
            (OutputFormat{OutputFormat::Kind::gbnf, R"(root ::= "yes" | "no")"}));
}

TEST(OpenAiChatRequest, ContinuingTheLastMessage) {
  const auto with = [](std::string_view last, std::string_view more) {
    return fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":"Hi"}},{}]{}}})",
                       last, more);
  };
  constexpr std::string_view kHalf = R"({"role":"assistant","content":"Hel"})";
  EXPECT_FALSE(parsed(with(kHalf, "")).chat.continue_last);
  EXPECT_TRUE(
      parsed(with(R"({"role":"assistant","content":"Hel","prefix":true})", "")).chat.continue_last);
  EXPECT_TRUE(parsed(with(kHalf, R"(,"add_generation_prompt":false,"continue_final_message":true)"))
                  .chat.continue_last);
  EXPECT_FALSE(parsed(with(kHalf, R"(,"add_generation_prompt":false)")).chat.add_generation_prompt);
  EXPECT_EQ(
      refused(with(kHalf, R"(,"add_generation_prompt":true,"continue_final_message":true)")).param,
      "add_generation_prompt");
  EXPECT_EQ(refused(body_with(R"(,"continue_final_message":true)")).param,
            "continue_final_message");
  EXPECT_EQ(refused(body_of(R"([{"role":"user","content":"x","prefix":true}])")).param,
            "messages[0].prefix");
}

TEST(OpenAiChatRequest, AnAnswerComesBackAsItWasSent) {
  const auto messages =
      parsed(
          body_of(
              R"([{"role":"user","content":"Hi"},{"role":"assistant","content":null,"refusal":null,)"
              R"("annotations":[],"audio":null,"function_call":null,"reasoning_content":"hm","tool_calls":)"
              R"([{"id":"1","type":"function","function":{"name":"f","arguments":""}}]},)"
              R"({"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"r"}]}])"))
          .chat.messages;
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1].reasoning, "hm");
  EXPECT_EQ(messages[1].tool_calls, (std::vector<ToolCall>{{"1", "f", "{}"}}));
  EXPECT_EQ(messages[2].tool_call_id, "1");
  EXPECT_EQ(messages[2].content, "r");
}

struct BadField {
  const char* more;
  const char* param;
};
class OpenAiChatRequestBadField : public ::testing::TestWithParam<BadField> {};

TEST_P(OpenAiChatRequestBadField, IsNamed) {
  const Problem problem = refused(body_with(GetParam().more));
  EXPECT_EQ(problem.status, 400u);
  EXPECT_EQ(problem.type, "invalid_request_error");
  EXPECT_EQ(problem.param.value_or("nothing"), GetParam().param) << problem.message;
  EXPECT_NE(problem.message.find(GetParam().param), std::string::npos) << problem.message;
}

INSTANTIATE_TEST_SUITE_P(
    All, OpenAiChatRequestBadField,
    ::testing::Values(
        BadField{R"(,"temperature":"hot")", "temperature"},
        BadField{R"(,"temperature":-0.1)", "temperature"},
        BadField{R"(,"temperature":2.1)", "temperature"},
        BadField{R"(,"temperature":1e308)", "temperature"},
        BadField{R"(,"temperature":1e999)", "temperature"},
        BadField{R"(,"temperature":true)", "temperature"}, BadField{R"(,"top_p":1.5)", "top_p"},
        BadField{R"(,"top_k":-2)", "top_k"}, BadField{R"(,"top_k":1.5)", "top_k"},
        BadField{R"(,"min_p":2)", "min_p"}, BadField{R"(,"typical_p":-1)", "typical_p"},
        BadField{R"(,"repetition_penalty":0)", "repetition_penalty"},
        BadField{R"(,"presence_penalty":2.5)", "presence_penalty"},
        BadField{R"(,"frequency_penalty":-3)", "frequency_penalty"}, BadField{R"(,"n":33)", "n"},
        BadField{R"(,"n":0)", "n"}, BadField{R"(,"n":2147483648)", "n"},
        BadField{R"(,"n":"1")", "n"}, BadField{R"(,"max_tokens":0)", "max_tokens"},
        BadField{R"(,"max_tokens":-1)", "max_tokens"},
        BadField{R"(,"max_tokens":9223372036854775808)", "max_tokens"},
        BadField{R"(,"max_tokens":5.0)", "max_tokens"},
        BadField{R"(,"max_completion_tokens":"9")", "max_completion_tokens"},
        BadField{R"(,"seed":0.5)", "seed"}, BadField{R"(,"seed":18446744073709551615)", "seed"},
        BadField{R"(,"stop":1)", "stop"}, BadField{R"(,"stop":[1])", "stop"},
        BadField{R"(,"stop":"")", "stop"},
        BadField{R"(,"stop":["1","2","3","4","5","6","7","8","9","a","b","c","d","e","f","g","h"])",
                 "stop"},
        BadField{R"(,"stream":"yes")", "stream"}, BadField{R"(,"stream":1)", "stream"},
        BadField{R"(,"stream_options":{"include_usage":true})", "stream_options"},
        BadField{R"(,"stream":true,"stream_options":[])", "stream_options"},
        BadField{R"(,"stream":true,"stream_options":{"include_usage":1})",
                 "stream_options.include_usage"},
        BadField{R"(,"logprobs":1)", "logprobs"}, BadField{R"(,"top_logprobs":3)", "top_logprobs"},
        BadField{R"(,"logprobs":true,"top_logprobs":21)", "top_logprobs"},
        BadField{R"(,"logprobs":true,"top_logprobs":-1)", "top_logprobs"},
        BadField{R"(,"logit_bias":[])", "logit_bias"},
        BadField{R"(,"logit_bias":{"a":1})", "logit_bias"},
        BadField{R"(,"logit_bias":{"-1":1})", "logit_bias"},
        BadField{R"(,"logit_bias":{"1":101})", "logit_bias"},
        BadField{R"(,"logit_bias":{"1":"x"})", "logit_bias"},
        BadField{R"(,"logit_bias":{"99999999999":1})", "logit_bias"},
        BadField{R"(,"tools":[{"type":"function"}])", "tools[0].function"},
        BadField{R"(,"tools":"all")", "tools"}, BadField{R"(,"tools":[1])", "tools[0]"},
        BadField{R"(,"tools":[{"type":"web_search"}])", "tools[0].type"},
        BadField{R"(,"tools":[{"type":"function","function":{"name":"a b"}}])",
                 "tools[0].function.name"},
        BadField{R"(,"tools":[{"type":"function","function":{"name":"f","parameters":[]}}])",
                 "tools[0].function.parameters"},
        BadField{
            R"(,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}])",
            "tools[1].function.name"},
        BadField{R"(,"tool_choice":"required")", "tool_choice"},
        BadField{R"(,"tool_choice":"sometimes")", "tool_choice"},
        BadField{R"(,"tool_choice":{})", "tool_choice.type"},
        BadField{R"(,"tool_choice":{"type":"function","function":{"name":"f"}})",
                 "tool_choice.function.name"},
        BadField{R"(,"functions":[{}])", "functions"},
        BadField{R"(,"response_format":{"type":"json_schema"})", "response_format.json_schema"},
        BadField{R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n"}})",
                 "response_format.json_schema.schema"},
        BadField{R"(,"response_format":{"type":"xml"})", "response_format.type"},
        BadField{R"(,"response_format":{})", "response_format.type"},
        BadField{R"(,"response_format":"text")", "response_format"},
        BadField{R"(,"response_format":{"type":"text","schema":{}})", "response_format.schema"},
        BadField{R"(,"response_format":{"type":"json_object","strict":true})",
                 "response_format.strict"},
        BadField{R"(,"response_format":{"type":"json_schema","schema":{}})",
                 "response_format.schema"},
        BadField{
            R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{},"mode":1}})",
            "response_format.json_schema.mode"},
        BadField{R"(,"grammar":"root ::= [a]","response_format":{"type":"json_object"})",
                 "response_format"},
        BadField{R"(,"structured_outputs":{"json":{},"regex":"a"})", "structured_outputs"},
        BadField{R"(,"structured_outputs":{"choice":[]})", "structured_outputs.choice"},
        BadField{R"(,"unheard_of":[1])", "unheard_of"},
        BadField{R"(,"metadata":{"a":1})", "metadata"},
        BadField{R"(,"reasoning_effort":1)", "reasoning_effort"},
        BadField{R"(,"modalities":["text","audio"])", "modalities"},
        BadField{R"(,"audio":{})", "audio"}));

struct BadMessages {
  const char* messages;
  const char* param;
};
class OpenAiChatRequestBadMessages : public ::testing::TestWithParam<BadMessages> {};

TEST_P(OpenAiChatRequestBadMessages, AreNamed) {
  const Problem problem = refused(body_of(GetParam().messages));
  EXPECT_EQ(problem.param.value_or("nothing"), GetParam().param) << problem.message;
}

INSTANTIATE_TEST_SUITE_P(
    All, OpenAiChatRequestBadMessages,
    ::testing::Values(
        BadMessages{"null", "messages"}, BadMessages{"[]", "messages"},
        BadMessages{"{}", "messages"}, BadMessages{R"("Hi")", "messages"},
        BadMessages{R"(["Hi"])", "messages[0]"},
        BadMessages{R"([{"content":"Hi"}])", "messages[0].role"},
        BadMessages{R"([{"role":"wizard","content":"Hi"}])", "messages[0].role"},
        BadMessages{R"([{"role":1,"content":"Hi"}])", "messages[0].role"},
        BadMessages{R"([{"role":"user"}])", "messages[0].content"},
        BadMessages{R"([{"role":"user","content":null}])", "messages[0].content"},
        BadMessages{R"([{"role":"user","content":5}])", "messages[0].content"},
        BadMessages{R"([{"role":"user","content":["x"]}])", "messages[0].content[0]"},
        BadMessages{R"([{"role":"user","content":[{"text":"x"}]}])", "messages[0].content[0].type"},
        BadMessages{R"([{"role":"user","content":[{"type":"text"}]}])",
                    "messages[0].content[0].text"},
        BadMessages{R"([{"role":"user","content":"x","mood":"good"}])", "messages[0].mood"},
        BadMessages{R"([{"role":"assistant"}])", "messages[0].content"},
        BadMessages{R"([{"role":"user","content":"a","tool_calls":[{}]}])",
                    "messages[0].tool_calls"},
        BadMessages{R"([{"role":"assistant","tool_calls":{}}])", "messages[0].tool_calls"},
        BadMessages{R"([{"role":"assistant","tool_calls":[{"id":"1"}]}])",
                    "messages[0].tool_calls[0].function"},
        BadMessages{R"([{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}])",
                    "messages[0].tool_calls[0].id"},
        BadMessages{
            R"([{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{"}}]}])",
            "messages[0].tool_calls[0].function.arguments"},
        BadMessages{
            R"([{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"[1]"}}]}])",
            "messages[0].tool_calls[0].function.arguments"},
        BadMessages{R"([{"role":"tool","content":"x"}])", "messages[0].tool_call_id"},
        BadMessages{R"([{"role":"tool","tool_call_id":"1","content":"x"}])", "messages[0]"},
        BadMessages{R"([{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}}]},)"
                    R"({"role":"tool","tool_call_id":"2","content":"x"}])",
                    "messages[1]"},
        BadMessages{R"([{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}}]},)"
                    R"({"role":"user","content":"x"}])",
                    "messages[1]"},
        BadMessages{R"([{"role":"user","content":"x"},{"role":"assistant","tool_calls":)"
                    R"([{"id":"1","function":{"name":"f"}}]}])",
                    "messages[1]"}));

TEST(OpenAiChatRequest, NamesThePartTypeThatItDoesNotUnderstand) {
  const Problem problem = refused(body_of(
      R"([{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":""}}]}])"));
  EXPECT_EQ(problem.param, "messages[0].content[1].type");
  EXPECT_NE(problem.message.find("image_url"), std::string::npos);
}

TEST(OpenAiChatRequest, ModelMustBeAName) {
  EXPECT_EQ(refused(R"({"model":"","messages":[{"role":"user","content":"Hi"}]})").param, "model");
  EXPECT_EQ(refused(R"({"model":3,"messages":[{"role":"user","content":"Hi"}]})").param, "model");
}

TEST(OpenAiChatRequest, RefusesWhatIsNotAJsonObject) {
  for (const char* body :
       {"", "{", "[]", "1", "null", "\"text\"", "{} {}", "{'model':1}", "{\"a\":NaN}", "\xff"}) {
    const Problem problem = refused(body);
    EXPECT_EQ(problem.status, 400u) << body;
    EXPECT_FALSE(problem.param) << body;
  }
}

TEST(OpenAiChatRequest, RefusesLoneSurrogatesAndBrokenUtf8) {
  EXPECT_EQ(refused(body_of(R"([{"role":"user","content":"\ud800"}])")).code, "invalid_json");
  EXPECT_EQ(refused(body_of("[{\"role\":\"user\",\"content\":\"\xc3\"}]")).code, "invalid_json");
}

TEST(OpenAiChatRequest, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return body_with(
        fmt::format(R"(,"logit_bias":{}{})", std::string(depth, '['), std::string(depth, ']')));
  };
  EXPECT_EQ(refused(nested(31)).code, "invalid_type");  // and the object around it
  EXPECT_EQ(refused(nested(32)).code, "invalid_json");
  EXPECT_EQ(refused(nested(100'000)).code, "invalid_json");
}

}  // namespace
}  // namespace pincer
