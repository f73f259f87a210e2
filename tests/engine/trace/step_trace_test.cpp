#include "pincer/engine/step_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "pincer/engine/engine.h"
#include "pincer/engine/model.h"
#include "pincer/engine/trace_summary.h"
#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using namespace std::chrono_literals;
using Cells = std::vector<std::array<LayerTrace::Cell, kPhases>>;

TraceShape shape_of(int layers) {
  TraceShape shape;
  shape.layers = layers;
  return shape;
}

// Every word of the step follows from its number, so that a mixture of two is noticed.
void write_step(StepTrace& trace) {
  const std::int64_t n = trace.end();
  StepSummary summary;
  summary.start_ns = n * 3;
  summary.rows = static_cast<std::uint32_t>(n % 1000);
  Cells cells(static_cast<std::size_t>(trace.shape().layers) + 1);
  for (auto& layer : cells) {
    for (auto& cell : layer) cell = {1, n % 1000};
  }
  trace.write(summary, cells);
}

bool is_whole(const StepRecord& r) {
  const auto wanted = static_cast<std::uint32_t>(r.number % 1000);
  return r.start_ns == r.number * 3 && r.rows == wanted &&
         std::ranges::all_of(r.cells, [wanted](std::uint32_t ns) { return ns == wanted; });
}

TEST(StepTrace, NobodyWatchesNothingIsWanted) {
  StepTrace trace(shape_of(2));
  EXPECT_FALSE(trace.wanted());
  trace.watch(60s);
  EXPECT_TRUE(trace.wanted());
  StepTrace soon_over(shape_of(2));
  soon_over.watch(0ms);
  EXPECT_FALSE(soon_over.wanted());
  soon_over.watch_always();
  EXPECT_TRUE(soon_over.wanted());
}

TEST(StepTrace, AShorterWatchDoesNotEndALongerOne) {
  StepTrace trace(shape_of(2));
  trace.watch(60s);
  trace.watch(0ms);
  EXPECT_TRUE(trace.wanted());
}

TEST(StepTrace, GivesBackWhatWasWrittenFromANumberOn) {
  StepTrace trace(shape_of(2));
  EXPECT_TRUE(trace.read(0, 10).empty());
  trace.watch(60s);
  for (int i = 0; i < 7; ++i) write_step(trace);
  const auto records = trace.read(3, 100);
  ASSERT_EQ(records.size(), 4u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].number, static_cast<std::int64_t>(i) + 3);
    EXPECT_TRUE(is_whole(records[i]));
  }
  EXPECT_EQ(trace.read(0, 2).front().number, 5);
  EXPECT_TRUE(trace.read(7, 100).empty());
}

TEST(StepTrace, TheOldestGiveWayAndMemoryIsBounded) {
  StepTrace trace(shape_of(126));
  EXPECT_LE(trace.capacity() * 127 * kPhases * sizeof(std::uint32_t), StepTrace::kMostBytes);
  trace.watch(60s);
  const auto written = static_cast<std::int64_t>(trace.capacity()) * 2 + 3;
  for (std::int64_t i = 0; i < written; ++i) write_step(trace);
  const auto records = trace.read(0, trace.capacity() * 4);
  ASSERT_EQ(records.size(), trace.capacity());
  EXPECT_EQ(records.front().number, written - static_cast<std::int64_t>(trace.capacity()));
  EXPECT_TRUE(std::ranges::all_of(records, is_whole));
}

TEST(StepTraceConcurrency, ReadersSeeWholeStepsOnly) {
  StepTrace trace(shape_of(3));
  trace.watch(600s);
  std::atomic<bool> over = false;
  std::atomic<std::int64_t> seen = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!over) {
        trace.watch(600s);
        // The oldest are about to be overwritten.
        for (const StepRecord& r : trace.read(0, trace.capacity())) {
          EXPECT_TRUE(is_whole(r)) << r.number;
          ++seen;
        }
      }
    });
  }
  while (trace.end() < 60'000 || seen < 10'000) write_step(trace);
  over = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(StepTraceConcurrency, AnEngineIsWatchedWhileItRuns) {
  const test::TemporaryFolder folder;
  const LoadedModel model = test::load_tiny(folder.path(), {});
  EngineOptions options;
  options.threads = 2;
  auto engine = Engine::start(model.model, options);
  ASSERT_TRUE(engine) << engine.error().message;
  StepTrace& trace = (*engine)->trace();
  test::run(**engine, test::greedy(test::prompt_of(20, 1), 8));
  EXPECT_EQ(trace.end(), 0);  // nobody watched

  trace.watch(600s);
  const auto stream = test::submit(**engine, test::greedy(test::prompt_of(40, 2), 64));
  std::int64_t from = 0;
  std::vector<StepRecord> steps;
  for (bool finished = false; !finished;) {
    finished = stream->wait().finish.has_value();
    for (StepRecord& r : trace.read(from, trace.capacity())) steps.push_back(std::move(r));
    if (!steps.empty()) from = steps.back().number + 1;
  }
  engine->reset();  // its thread has ended, with the last step
  ASSERT_FALSE(steps.empty());
  std::int64_t prompt = 0;
  for (const StepRecord& r : steps) {
    prompt += r.prompt_rows;
    EXPECT_GT(r.rows, 0u);
    EXPECT_GE(r.rows, r.prompt_rows);
    std::int64_t spans = 0, phases = 0;
    for (const std::uint32_t ns : r.span_ns) spans += ns;
    for (const std::uint32_t ns : r.cells) phases += ns;
    EXPECT_EQ(spans, r.total_ns);
    EXPECT_LE(phases, r.span_ns[static_cast<std::size_t>(StepSpan::forward)]);
    EXPECT_GT(r.at(0, Phase::attention), 0u);
  }
  EXPECT_EQ(prompt, 40);
}

StepRecord record(std::int64_t number, std::int64_t start, std::uint32_t rows,
                  std::uint32_t prompt_rows) {
  StepRecord r;
  r.number = number;
  r.start_ns = start;
  r.total_ns = 100;
  r.rows = rows;
  r.prompt_rows = prompt_rows;
  r.sampled = 1;
  r.keys = 10 * rows;
  r.context = 30;
  r.cells.assign(3 * kPhases, 2);
  return r;
}

TEST(TraceSummary, BinsAddUpWhatBeganTogether) {
  const std::vector<StepRecord> records = {record(4, 10, 1, 0), record(5, 90, 3, 2),
                                           record(6, 310, 1, 0)};
  const auto bins = bins_of(records, 100);
  ASSERT_EQ(bins.size(), 2u);
  EXPECT_EQ(bins[0].start_ns, 0);
  EXPECT_EQ(bins[0].first, 4);
  EXPECT_EQ(bins[0].steps, 2);
  EXPECT_EQ(bins[0].rows, 4);
  EXPECT_EQ(bins[0].prompt_rows, 2);
  EXPECT_EQ(bins[0].total_ns, 200);
  EXPECT_EQ(bins[0].cell_ns.front(), 4);
  EXPECT_EQ(bins[1].start_ns, 300);
  EXPECT_EQ(bins[1].first, 6);
}

TEST(TraceSummary, ProductsCountRowsAndAttentionCountsKeys) {
  TraceShape shape = shape_of(2);
  shape.work[static_cast<std::size_t>(Phase::qkv)] = {7, 5};
  shape.work[static_cast<std::size_t>(Phase::attention)] = {2, 3};
  shape.work[static_cast<std::size_t>(Phase::head)] = {11, 13};
  const std::vector<StepRecord> records = {record(0, 0, 1, 0), record(1, 1, 1, 0),
                                           record(2, 2, 20, 19)};
  const auto uses = phase_uses(records, shape);
  const auto find = [&](Phase phase, bool prompts) {
    return *std::ranges::find_if(
        uses, [&](const PhaseUse& u) { return u.phase == phase && u.prompts == prompts; });
  };
  EXPECT_EQ(find(Phase::qkv, false).macs, 2 * 7);
  EXPECT_EQ(find(Phase::qkv, false).bytes, 2 * 5);
  EXPECT_EQ(find(Phase::qkv, false).ns, 2 * 3 * 2);
  EXPECT_EQ(find(Phase::qkv, true).macs, 20 * 7);
  EXPECT_EQ(find(Phase::attention, false).macs, 2 * 10 * 2);
  EXPECT_EQ(find(Phase::attention, false).bytes, 2 * 30 * 3);
  EXPECT_EQ(find(Phase::head, true).macs, 11);
  EXPECT_EQ(find(Phase::down, true).macs, 0);
}

TEST(TraceShapeTest, SaysWhatAModelComputesAndReads) {
  const test::TemporaryFolder folder;
  const LoadedModel loaded = test::load_tiny(folder.path(), {});
  const Model& model = *loaded.model;
  const TraceShape shape = trace_shape(model, 2, {});
  EXPECT_EQ(shape.layers, model.config.layers);
  std::int64_t macs = 0, bytes = 0;
  for (const Phase p :
       {Phase::qkv, Phase::attention_output, Phase::gate_up, Phase::down, Phase::head}) {
    macs += shape.work[static_cast<std::size_t>(p)].macs;
    bytes += shape.work[static_cast<std::size_t>(p)].bytes;
  }
  EXPECT_EQ(macs, model.config.matmul_weights());
  EXPECT_EQ(bytes, model.weight_bytes());
  EXPECT_FALSE(shape.kernels[static_cast<std::size_t>(Phase::attention)].empty());
}

}  // namespace
}  // namespace pincer
