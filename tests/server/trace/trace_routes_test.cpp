#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "pincer/engine/step_trace.h"
#include "server/trace/chrome_trace.h"
#include "server/trace/step_slices.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr int kLayers = 2;

TraceShape tiny_shape() {
  TraceShape shape;
  shape.layers = kLayers;
  shape.weight_bytes = 1 << 20;
  shape.work[static_cast<std::size_t>(Phase::qkv)] = {1000, 2000};
  return shape;
}

// Ten steps of a microsecond a phase, the first of which has a prompt.
void write_steps(StepTrace& trace) {
  trace.watch(600s);
  for (int i = 0; i < 10; ++i) {
    StepSummary step;
    step.start_ns = i * 100'000;
    step.total_ns = 60'000;
    step.span_ns = {5'000, 0, 1'000, 40'000, 10'000, 4'000};
    step.sequences = 1;
    step.rows = i == 0 ? 16 : 1;
    step.prompt_rows = i == 0 ? 16 : 0;
    step.sampled = 1;
    std::vector<std::array<LayerTrace::Cell, kPhases>> cells(kLayers + 1);
    for (int layer = 0; layer < kLayers; ++layer) {
      for (int p = 0; p + 1 < kPhases; ++p)
        cells[static_cast<std::size_t>(layer)][static_cast<std::size_t>(p)] = {1, 1'000};
    }
    cells.back().back() = {1, 1'000};
    trace.write(step, cells);
  }
}

class TraceRoutes : public ::testing::Test {
 protected:
  TraceRoutes() {
    write_steps(trace_);
    server_.backend().trace_with(&trace_);
  }
  json::object get(const std::string& path) {
    const Reply reply = server_.get(path);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    EXPECT_EQ(reply.headers.at("cache-control"), "no-store");
    return json::parse(reply.body).as_object();
  }

  StepTrace trace_{tiny_shape()};
  TestServer server_;
};

TEST_F(TraceRoutes, StateNamesTheModelsAndTheirFigures) {
  const json::object state = get("/admin/state");
  const json::object& model = state.at("models").as_array().at(0).as_object();
  EXPECT_EQ(model.at("name").as_string(), "fake-model");
  EXPECT_TRUE(model.at("loaded").as_bool());
  EXPECT_TRUE(model.at("traced").as_bool());
  for (const char* figure : {"active", "queued", "kv_blocks_used", "generated_tokens"})
    EXPECT_TRUE(model.at(figure).is_int64()) << figure;
  EXPECT_TRUE(state.at("pool").is_null());
  EXPECT_TRUE(state.at("ready").as_bool());
}

TEST_F(TraceRoutes, LiveSendsTheStateAtOnceAndEndsWithTheServersDraining) {
  TestClient client = server_.connect();
  client.get("/admin/live");
  EXPECT_EQ(client.read_head().headers.at("content-type"), "text/event-stream; charset=utf-8");
  const std::string first = client.read_chunk();
  EXPECT_NE(first.find(R"("name":"fake-model")"), std::string::npos) << first;
  server_.server().drain();
  std::string last;
  for (std::string chunk = client.read_chunk(); !chunk.empty(); chunk = client.read_chunk())
    last = chunk;
  EXPECT_EQ(last, "data: [DONE]\n\n");
  server_.join();
}

TEST_F(TraceRoutes, HeatGivesMeansByLayerAndPhase) {
  // All steps began in the first quarter of a second, which is over sooner or later.
  json::object heat;
  do {
    heat = get("/admin/trace/heat?kind=decode");
  } while (heat.at("bins").as_array().empty());
  EXPECT_EQ(heat.at("layers").as_int64(), kLayers);
  EXPECT_EQ(heat.at("next").as_int64(), 10);
  EXPECT_EQ(heat.at("phases").as_array().size(), std::size_t{kPhases});
  const json::object& bin = heat.at("bins").as_array().at(0).as_object();
  EXPECT_EQ(bin.at("steps").as_int64(), 9);
  EXPECT_EQ(bin.at("rows").as_int64(), 9);
  EXPECT_EQ(bin.at("step_ns").as_int64(), 60'000);
  const json::array& layers = bin.at("layers_ns").as_array();
  ASSERT_EQ(layers.size(), std::size_t{kLayers + 1});
  EXPECT_EQ(layers.at(1).as_array().at(3).as_int64(), 1'000);
  EXPECT_EQ(get("/admin/trace/heat?from=10").at("bins").as_array().size(), 0u);
}

TEST_F(TraceRoutes, StepsAndOneOfThem) {
  const json::object steps = get("/admin/trace/steps?from=7");
  ASSERT_EQ(steps.at("steps").as_array().size(), 3u);
  EXPECT_EQ(steps.at("steps").as_array().at(0).as_array().at(0).as_int64(), 7);
  EXPECT_EQ(steps.at("next").as_int64(), 10);

  const json::object step = get("/admin/trace/step?number=7");
  EXPECT_EQ(step.at("number").as_int64(), 7);
  EXPECT_EQ(step.at("total_ns").as_int64(), 60'000);
  EXPECT_EQ(get("/admin/trace/step").at("number").as_int64(), 9);
  EXPECT_EQ(server_.get("/admin/trace/step?number=10").status, 404);
}

TEST_F(TraceRoutes, KernelsStandBesideTheLimitsOnceThoseAreMeasured) {
  json::object kernels;
  do {  // nothing runs: they are being measured
    kernels = get("/admin/trace/kernels");
  } while (kernels.at("limits").is_null());
  EXPECT_GT(kernels.at("limits").at("int8_gmac_s").as_double(), 0);
  EXPECT_EQ(kernels.at("decode_steps").as_int64(), 9);
  EXPECT_EQ(kernels.at("prompt_steps").as_int64(), 1);
  for (const json::value& use : kernels.at("kernels").as_array()) {
    if (use.at("phase").as_string() != "qkv" || use.at("steps").as_string() != "decode") continue;
    EXPECT_EQ(use.at("ns_per_step").as_int64(), 2'000);
    EXPECT_DOUBLE_EQ(use.at("gmac_s").as_double(), 0.5);  // 1000 MACs in 2000 ns
    EXPECT_DOUBLE_EQ(use.at("gb_s").as_double(), 1.0);
    return;
  }
  FAIL() << "no row of qkv while decoding";
}

TEST_F(TraceRoutes, ADownloadIsATraceOfSlicesWithinEachOther) {
  const Reply reply = server_.get("/admin/trace/chrome?steps=4");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.headers.at("content-disposition").find("attachment"), std::string::npos);
  const json::value trace = json::parse(reply.body);
  int steps = 0;
  double end_of_step = 0;
  for (const json::value& event : trace.at("traceEvents").as_array()) {
    if (event.at("ph").as_string() != "X") continue;
    const double begin = event.at("ts").as_double();
    const double end = begin + event.at("dur").as_double();
    if (event.at("name").as_string() == "step") {
      ++steps;
      EXPECT_GE(begin, end_of_step);
      end_of_step = end;
    } else {
      EXPECT_LE(end, end_of_step + 1e-3);
    }
  }
  EXPECT_EQ(steps, 4);
}

TEST_F(TraceRoutes, BadValuesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"heat?from=-1", "from"},      {"heat?from=x", "from"},
      {"steps?steps=0", "steps"},    {"steps?steps=99999999999999999999", "steps"},
      {"step?number=1e3", "number"}, {"heat?kind=some", "kind"}};
  for (const auto& [path, named] : cases) {
    const Reply reply = server_.get("/admin/trace/" + std::string(path));
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_NE(reply.body.find(named), std::string::npos) << reply.body;
  }
  EXPECT_EQ(server_.get("/admin/trace/heat?model=nobody").status, 404);
  // What cannot be decoded counts as not given.
  EXPECT_EQ(server_.get("/admin/trace/steps?steps=%zz").status, 200);
}

TEST(TraceAccess, AModelWithoutATraceIsNotFoundAndOthersAreRefused) {
  TestServer server;
  EXPECT_EQ(server.get("/admin/trace/heat").status, 404);
  EXPECT_EQ(server.get("/admin/trace/heat?model=fake-model").status, 404);
  for (const char* path : {"/admin/state", "/admin/live", "/admin/trace/heat"}) {
    const Reply reply = server.get(path, "X-Forwarded-For: 203.0.113.7\r\n");
    EXPECT_EQ(reply.status, 403) << path;
    EXPECT_NE(reply.body.find("--trace-access"), std::string::npos) << reply.body;
  }
}

TEST(TraceAccess, AllMayLookWhereThatWasConfigured) {
  ServerOptions options;
  options.trace_for_all = true;
  TestServer server(options);
  EXPECT_EQ(server.get("/admin/state", "X-Forwarded-For: 203.0.113.7\r\n").status, 200);
}

TEST(TraceAccess, KeysAreAskedForHereToo) {
  ServerOptions options;
  options.api_keys = {plain_api_key("secret")};
  TestServer server(options);
  EXPECT_EQ(server.get("/admin/state").status, 401);
  EXPECT_EQ(server.get("/admin/state", "Authorization: Bearer secret\r\n").status, 200);
}

TEST(StepSlices, LieWithinEachOtherAndKeepTheOrderOfTime) {
  StepTrace trace(tiny_shape());
  write_steps(trace);
  const auto slices = slices_of(trace.read(9, 1).front());
  std::vector<const StepSlice*> open;
  std::int64_t last_start = 0;
  for (const StepSlice& s : slices) {
    EXPECT_GE(s.start_ns, last_start) << s.name;
    last_start = s.start_ns;
    while (!open.empty() && open.back()->depth >= s.depth) open.pop_back();
    EXPECT_EQ(static_cast<int>(open.size()), s.depth) << s.name;
    if (!open.empty()) {
      EXPECT_GE(s.start_ns, open.back()->start_ns) << s.name;
      EXPECT_LE(s.start_ns + s.ns, open.back()->start_ns + open.back()->ns) << s.name;
    }
    open.push_back(&s);
  }
  // The step, five spans with time, the embedding, two layers of nine phases, and the head.
  EXPECT_EQ(slices.size(), 1u + 5 + 1 + 2 * 10 + 1);
}

TEST(ChromeTrace, NamesAreEscapedAndNothingIsATraceToo) {
  const json::value trace = json::parse(chrome_trace("a \"quoted\"\nmodel", {}));
  const json::value& name = trace.at("traceEvents").as_array().back();
  EXPECT_EQ(name.at("args").at("name").as_string(), "pincer a \"quoted\"\nmodel");
}

}  // namespace
}  // namespace pincer::test
