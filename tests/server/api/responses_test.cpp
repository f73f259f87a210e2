// Events and their order: https://platform.openai.com/docs/api-reference/responses-streaming
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kResponsesPath = "/v1/responses";

std::string response_body(std::string_view input, std::string_view more = "") {
  return fmt::format(R"({{"model":"fake-model","input":{}{}}})", input, more);
}

json::object post_response(TestServer& server, const std::string& body) {
  const Reply reply = server.post(kResponsesPath, body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  return json::parse(reply.body).as_object();
}

AnswerFormat tagged_calls_and_thinking() {
  AnswerFormat format;
  format.think_begin = "<think>";
  format.think_end = "</think>";
  format.calls = AnswerFormat::Calls::tagged;
  format.tools = {"f"};
  return format;
}

constexpr std::string_view kOneTool =
    R"(,"tools":[{"type":"function","name":"f","parameters":{}}])";

std::vector<json::object> response_events(TestServer& server, const std::string& body) {
  const Reply reply = server.post(kResponsesPath, body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  std::vector<json::object> events;
  std::string_view rest = reply.body;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\n\n");
    const std::string_view event = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    const std::size_t line = event.find("\ndata: ");
    EXPECT_TRUE(event.starts_with("event: ")) << event;
    events.push_back(json::parse(event.substr(line + 7)).as_object());
    EXPECT_EQ(events.back().at("type").as_string(), event.substr(7, line - 7));
    EXPECT_EQ(events.back().at("sequence_number").as_int64(), std::ssize(events) - 1);
  }
  return events;
}

// The types of events, repeated deltas once.
std::vector<std::string> order_of(const std::vector<json::object>& events) {
  std::vector<std::string> types;
  for (const json::object& event : events) {
    std::string type(event.at("type").as_string());
    if (types.empty() || types.back() != type) types.push_back(type.substr(type.find('.') + 1));
    if (types.size() > 1 && types.back() == types[types.size() - 2]) types.pop_back();
  }
  return types;
}

TEST(Responses, AnswersWithOneObject) {
  TestServer server;
  json::object body =
      post_response(server, response_body(R"("Hi")", R"(,"metadata":{"a":"b"},"temperature":0.5)"));
  EXPECT_TRUE(body.at("id").as_string().starts_with("resp_"));
  EXPECT_EQ(body.at("object").as_string(), "response");
  EXPECT_EQ(body.at("status").as_string(), "completed");
  EXPECT_TRUE(body.at("error").is_null());
  EXPECT_GE(body.at("completed_at").as_int64(), body.at("created_at").as_int64());
  EXPECT_EQ(body.at("metadata"), json::parse(R"({"a":"b"})"));
  EXPECT_EQ(body.at("temperature").as_double(), 0.5);
  EXPECT_EQ(body.at("usage"),
            json::parse(R"({"input_tokens":2,"input_tokens_details":{"cached_tokens":1,
    "cache_write_tokens":0},"output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":14})"));
  ASSERT_EQ(body.at("output").as_array().size(), 1u);
  json::object item = body.at("output").at(0).as_object();
  EXPECT_TRUE(item.at("id").as_string().starts_with("msg_"));
  item.erase("id");
  EXPECT_EQ(json::value(item),
            json::parse(R"({"type":"message","role":"assistant","status":"completed",
    "content":[{"type":"output_text","text":"You said: Hi","annotations":[],"logprobs":[]}]})"));
}

TEST(Responses, SayNumbersAsTheyWereGiven) {
  TestServer server;
  const auto body =
      post_response(server, response_body(R"("Hi")", R"(,"temperature":0.7,"top_p":0.9)"));
  EXPECT_EQ(body.at("temperature").as_double(), 0.7);
  EXPECT_EQ(body.at("top_p").as_double(), 0.9);
}

// OpenAI's description has it as a string, not as one that may be null.
TEST(Responses, NameTheUserOnlyWhereThereIsOne) {
  TestServer server;
  EXPECT_EQ(post_response(server, response_body(R"("Hi")", R"(,"user":"u-1")")).at("user"), "u-1");
  for (const char* none : {"", R"(,"user":null)"})
    EXPECT_FALSE(post_response(server, response_body(R"("Hi")", none)).contains("user")) << none;
}

TEST(Responses, ItemsAndInstructionsBecomeMessages) {
  TestServer server;
  post_response(
      server,
      response_body(
          R"([{"role":"developer","content":"D"},{"role":"user","content":[{"type":"input_text","text":"1"},)"
          R"({"type":"input_text","text":"2"}]},{"type":"reasoning","id":"rs_1","summary":[],"content":)"
          R"([{"type":"reasoning_text","text":"hm"}]},{"type":"message","role":"assistant","content":)"
          R"([{"type":"output_text","text":"A","annotations":[]}]},{"type":"function_call","call_id":"c",)"
          R"("name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"}])",
          R"(,"instructions":"I")"));
  const auto messages = server.backend().last_request().messages;
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_EQ(messages[0].content, "I");
  EXPECT_EQ(messages[1].role, "system");
  EXPECT_EQ(messages[2].content, "1\n2");
  EXPECT_EQ(messages[3].reasoning, "hm");
  EXPECT_EQ(messages[3].content, "A");
  EXPECT_EQ(messages[3].tool_calls, (std::vector<ToolCall>{{"c", "f", "{}"}}));
  EXPECT_EQ(messages[4].role, "tool");
  EXPECT_EQ(messages[4].content, "r");
}

TEST(Responses, EventsOfAText) {
  TestServer server;
  const auto events = response_events(server, response_body(R"("Hi")", R"(,"stream":true)"));
  EXPECT_EQ(order_of(events),
            (std::vector<std::string>{"created", "in_progress", "output_item.added",
                                      "content_part.added", "output_text.delta", "output_text.done",
                                      "content_part.done", "output_item.done", "completed"}));
  std::string text;
  for (const json::object& event : events) {
    if (event.at("type").as_string() == "response.output_text.delta") {
      text += event.at("delta").as_string();
      EXPECT_EQ(event.at("output_index").as_int64(), 0);
      EXPECT_EQ(event.at("content_index").as_int64(), 0);
      EXPECT_EQ(event.at("item_id"), events[2].at("item").at("id"));
    }
  }
  EXPECT_EQ(text, "You said: Hi");
  EXPECT_EQ(events[0].at("response").at("status").as_string(), "in_progress");
  const json::value& last = events.back().at("response");
  EXPECT_EQ(last.at("status").as_string(), "completed");
  EXPECT_EQ(last.at("output").at(0), events[events.size() - 2].at("item"));
  EXPECT_EQ(last.at("id"), events[0].at("response").at("id"));
}

TEST(Responses, EventsOfReasoningAndACall) {
  TestServer server;
  server.backend().format_with(tagged_calls_and_thinking());
  server.backend().answer_with(
      "<think>hm</think><tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1}}</tool_call>");
  const auto events = response_events(
      server, response_body(R"("Hi")", std::string(kOneTool) + R"(,"stream":true)"));
  EXPECT_EQ(order_of(events),
            (std::vector<std::string>{
                "created", "in_progress", "output_item.added", "content_part.added",
                "reasoning_text.delta", "reasoning_text.done", "content_part.done",
                "output_item.done", "output_item.added", "function_call_arguments.delta",
                "function_call_arguments.done", "output_item.done", "completed"}));
  const json::array& output = events.back().at("response").at("output").as_array();
  ASSERT_EQ(output.size(), 2u);
  EXPECT_EQ(output[0].at("type").as_string(), "reasoning");
  EXPECT_EQ(output[0].at("content"), json::parse(R"([{"type":"reasoning_text","text":"hm"}])"));
  EXPECT_EQ(output[1].at("type").as_string(), "function_call");
  EXPECT_EQ(output[1].at("name").as_string(), "f");
  EXPECT_EQ(output[1].at("arguments").as_string(), R"({"a":1})");
  EXPECT_TRUE(output[1].at("call_id").as_string().starts_with("call_"));
}

TEST(Responses, AnAnswerThatIsCutIsIncomplete) {
  TestServer server;
  const auto events =
      response_events(server, response_body(R"("Hi")", R"(,"stream":true,"max_output_tokens":3)"));
  EXPECT_EQ(events.back().at("type").as_string(), "response.incomplete");
  const json::value& response = events.back().at("response");
  EXPECT_EQ(response.at("status").as_string(), "incomplete");
  EXPECT_EQ(response.at("incomplete_details").at("reason").as_string(), "max_output_tokens");
  EXPECT_EQ(response.at("output").at(0).at("status").as_string(), "incomplete");
}

TEST(Responses, AnEmptyAnswerIsAMessage) {
  TestServer server;
  server.backend().answer_with("");
  EXPECT_EQ(post_response(server, response_body(R"("Hi")"))
                .at("output")
                .at(0)
                .at("content")
                .at(0)
                .at("text")
                .as_string(),
            "");
}

TEST(Responses, AFailureIsAnEventOrAnError) {
  TestServer server;
  server.backend().fail_with("out of cake");
  const auto events = response_events(server, response_body(R"("Hi")", R"(,"stream":true)"));
  EXPECT_EQ(events.back().at("type").as_string(), "response.failed");
  EXPECT_NE(events.back().at("response").at("error").at("message").as_string().find("out of cake"),
            json::string::npos);
  EXPECT_EQ(server.post(kResponsesPath, response_body(R"("Hi")")).status, 500);
}

TEST(Responses, GoOnFromAnEarlierOne) {
  TestServer server;
  const std::string first(post_response(server, response_body(R"("one")", R"(,"instructions":"I")"))
                              .at("id")
                              .as_string());
  const json::object second = post_response(
      server, response_body(R"("two")", fmt::format(R"(,"previous_response_id":"{}")", first)));
  EXPECT_EQ(second.at("previous_response_id").as_string(), first);
  const auto messages = server.backend().last_request().messages;
  ASSERT_EQ(messages.size(), 3u) << "instructions are not carried over";
  EXPECT_EQ(messages[0].content, "one");
  EXPECT_EQ(messages[1].content, "You said: one");
  EXPECT_EQ(messages[2].content, "two");
  const Reply unknown =
      server.post(kResponsesPath, response_body(R"("x")", R"(,"previous_response_id":"resp_0")"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(json::parse(unknown.body).at("error").at("param").as_string(), "previous_response_id");
}

TEST(Responses, ACallOfAnEarlierOneIsAnswered) {
  TestServer server;
  server.backend().format_with(tagged_calls_and_thinking());
  server.backend().answer_with("<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>");
  const json::object first = post_response(server, response_body(R"("one")", kOneTool));
  const std::string previous =
      fmt::format(R"(,"previous_response_id":"{}")", std::string_view(first.at("id").as_string()));
  const std::string_view call = first.at("output").at(0).at("call_id").as_string();
  EXPECT_EQ(server.post(kResponsesPath, response_body(R"("two")", previous)).status, 400)
      << "its result is missing";
  post_response(
      server,
      response_body(
          fmt::format(R"([{{"type":"function_call_output","call_id":"{}","output":"r"}}])", call),
          previous));
}

TEST(Responses, AreLookedUpAndDeleted) {
  TestServer server;
  const json::object made = post_response(server, response_body(R"("Hi")"));
  const std::string path =
      fmt::format("{}/{}", kResponsesPath, std::string_view(made.at("id").as_string()));
  EXPECT_EQ(json::parse(server.get(path).body), json::value(made));
  const auto items = json::parse(server.get(path + "/input_items").body);
  EXPECT_EQ(items.at("data").at(0).at("content").at(0).at("text").as_string(), "Hi");
  EXPECT_EQ(items.at("first_id"), items.at("data").at(0).at("id"));
  EXPECT_EQ(server.get(path + "/other").status, 404);
  EXPECT_EQ(server.post(path + "/cancel", "{}").status, 400);
  TestClient client = server.connect();
  client.send(fmt::format("DELETE {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
  EXPECT_EQ(json::parse(client.read().body).at("deleted"), json::value(true));
  EXPECT_EQ(server.get(path).status, 404);
  EXPECT_EQ(server.post(path + "/cancel", "{}").status, 404);
}

TEST(Responses, ItemsOfTheInputComeInPages) {
  TestServer server;
  const auto part = [](const char* type, const char* text) {
    return fmt::format(R"([{{"type":"{}","text":"{}"}}])", type, text);
  };
  const json::object made = post_response(
      server, response_body(fmt::format(
                  R"([{{"role":"user","content":{}}},{{"role":"assistant","content":{}}},)"
                  R"({{"role":"user","content":{}}}])",
                  part("input_text", "1"), part("output_text", "2"), part("input_text", "3"))));
  const std::string path =
      fmt::format("{}/{}", kResponsesPath, std::string_view(made.at("id").as_string()));
  const auto page = [&](const std::string& query) {
    const Reply reply = server.get(path + "/input_items" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body);
  };
  const auto text = [](const json::value& item) {
    return item.at("content").at(0).at("text").as_string();
  };
  EXPECT_EQ(text(page("").at("data").at(0)), "3");
  const auto first = page("?order=asc&limit=2");
  EXPECT_EQ(text(first.at("data").at(0)), "1");
  EXPECT_EQ(first.at("data").as_array().size(), 2u);
  EXPECT_EQ(first.at("has_more"), true);
  const auto rest = page("?order=asc&after=" + std::string(first.at("last_id").as_string()));
  ASSERT_EQ(rest.at("data").as_array().size(), 1u);
  EXPECT_EQ(text(rest.at("data").at(0)), "3");
  EXPECT_EQ(rest.at("has_more"), false);
  for (const char* wrong : {"/input_items?order=up", "/input_items?limit=0", "/input_items?limit=x",
                            "/input_items?after=nothing", "?stream=true"})
    EXPECT_EQ(server.get(path + wrong).status, 400) << wrong;
}

TEST(Responses, AreTheirOwnersOnly) {
  ServerOptions options;
  options.api_keys = {plain_api_key("k1"), plain_api_key("k2")};
  TestServer server(options);
  const Reply reply =
      server.post(kResponsesPath, response_body(R"("Hi")"), "Authorization: Bearer k1\r\n");
  const std::string path = fmt::format(
      "{}/{}", kResponsesPath, std::string_view(json::parse(reply.body).at("id").as_string()));
  EXPECT_EQ(server.get(path, "Authorization: Bearer k1\r\n").status, 200);
  EXPECT_EQ(server.get(path, "Authorization: Bearer k2\r\n").status, 404);
}

TEST(Responses, AreNotKeptUnasked) {
  TestServer server;
  const json::object made = post_response(server, response_body(R"("Hi")", R"(,"store":false)"));
  EXPECT_EQ(
      server.get(fmt::format("{}/{}", kResponsesPath, std::string_view(made.at("id").as_string())))
          .status,
      404);
}

TEST(Responses, InputTokensAreCounted) {
  TestServer server;
  const Reply reply = server.post("/v1/responses/input_tokens", response_body(R"("Hello")"));
  EXPECT_EQ(json::parse(reply.body),
            json::parse(R"({"object":"response.input_tokens","input_tokens":5})"));
  EXPECT_EQ(server.post("/v1/responses/input_tokens", R"({"model":"other","input":"x"})").status,
            404);
}

TEST(Responses, LogprobsComeWhenIncluded) {
  TestServer server;
  const json::object body = post_response(
      server,
      response_body(R"("Hi")", R"(,"include":["message.output_text.logprobs"],"top_logprobs":2)"));
  const json::array& logprobs =
      body.at("output").at(0).at("content").at(0).at("logprobs").as_array();
  ASSERT_EQ(logprobs.size(), 12u);
  EXPECT_EQ(logprobs[0].at("token").as_string(), "Y");
  EXPECT_EQ(logprobs[0].at("top_logprobs").as_array().size(), 2u);
}

TEST(Responses, BadFieldsAreNamed) {
  TestServer server;
  const std::pair<std::string, std::string_view> cases[] = {
      {R"({"model":"fake-model"})", "input"},
      {response_body("[]"), "input"},
      {response_body("[1]"), "input[0]"},
      {response_body(R"([{"type":"reasoning","summary":[]}])"), "input"},
      {response_body(R"([{"role":"tool","content":"x"}])"), "input[0].role"},
      {response_body(R"([{"role":"user","content":[{"type":"input_image"}]}])"),
       "input[0].content[0].type"},
      {response_body(R"([{"type":"web_search_call"}])"), "input[0].type"},
      {response_body(R"([{"type":"item_reference","id":"x"}])"), "input[0].type"},
      {response_body(R"([{"type":"function_call_output","call_id":"c","output":"r"}])"), "input"},
      {response_body(R"([{"type":"function_call","call_id":"c","name":"f","arguments":"{"}])"),
       "input[0].arguments"},
      {response_body(R"("a")", R"(,"background":true)"), "background"},
      {response_body(R"("a")", R"(,"truncation":"auto")"), "truncation"},
      {response_body(R"("a")", R"(,"conversation":"c")"), "conversation"},
      {response_body(R"("a")", R"(,"include":["file_search_call.results"])"), "include"},
      {response_body(R"("a")", R"(,"text":{"verbosity":"high"})"), "text.verbosity"},
      {response_body(R"("a")", R"(,"text":{"format":{"type":"json_schema","name":"n"}})"),
       "text.format.schema"},
      {response_body(R"("a")", R"(,"reasoning":{"summary":"detailed"})"), "reasoning.summary"},
      {response_body(R"("a")", R"(,"tools":[{"type":"web_search"}])"), "tools[0].type"},
      {response_body(R"("a")", R"(,"tool_choice":{"type":"function","name":"f"})"),
       "tool_choice.name"},
      {response_body(R"("a")", R"(,"max_output_tokens":0)"), "max_output_tokens"},
  };
  for (const auto& [body, param] : cases) {
    const Reply reply = server.post(kResponsesPath, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(json::parse(reply.body).at("error").at("param").as_string(), param) << reply.body;
  }
}

TEST(Responses, ALeavingClientCancels) {
  TestServer server;
  server.backend().hold();
  {
    TestClient client = server.connect();
    client.post(kResponsesPath, response_body(R"("Hi")", R"(,"stream":true)"));
    server.backend().wait_queued(1);
  }
  server.backend().wait_cancelled(1);
}

}  // namespace
}  // namespace pincer::test
