// Carries the scheduler's plans out with a clock of its own: no model, no threads.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "engine/kv/kv_cache.h"
#include "engine/schedule/scheduler.h"
#include "engine/schedule/wait_estimate.h"

namespace pincer::test {

struct SimulatedJob {
  int prompt = 1, output = 1;
  ClientId client = 0;
  int priority = 0;
  double arrives_s = 0;
  int drafts = 0;  // proposed at each step, all wrong

  // Results.
  double admitted_s = -1, first_token_s = -1, done_s = -1;
  int preemptions = 0;
  double predicted_s = 0;  // the wait, by the test
};

struct SimulatedStep {
  double ms = 0;
  int decoding = 0;  // sequences
  int rows = 0, prompt_rows = 0;
};

class Simulation {
 public:
  using TrueCost = std::function<double(const StepLoad&)>;
  // 135M on two cores, roughly: 5 ms for a row, 8 ms for 16, 100 ms for a prompt of 512.
  static double usual_ms(const StepLoad& load) {
    return 4.8 + 0.19 * load.rows + 0.05 * load.sampled + 1e-6 * load.keys;
  }

  Simulation(int blocks, SchedulerLimits limits, TrueCost cost = usual_ms)
      : total_(blocks), free_(blocks), limits_(limits), true_cost_(std::move(cost)) {}

  std::size_t add(SimulatedJob job) {
    jobs.push_back(job);
    return jobs.size() - 1;
  }

  // Until all jobs are done, or `until_s`.
  void run(double until_s = 1e9) {
    for (int step = 0; now_s < until_s; ++step) {
      ASSERT_LT(step, 2'000'000) << "no progress";
      take_arrivals();
      if (waiting_.empty() && active_.empty()) {
        if (next_ == arrivals_.size()) break;
        now_s = jobs[arrivals_[next_]].arrives_s;
        continue;
      }
      ASSERT_NO_FATAL_FAILURE(one_step());
    }
    if (until_s >= 1e9) {
      EXPECT_EQ(free_, total_) << "blocks were lost";
    }
  }

  // What is ahead of a request that comes now, the answers' lengths known.
  Backlog backlog() const {
    Backlog backlog;
    backlog.max_active = limits_.max_active;
    backlog.prefill_chunk = limits_.prefill_chunk;
    backlog.free_blocks = free_;
    double keys = 0;
    for (const Run& r : active_) {
      const Work work = work_of(r);
      backlog.free_blocks -= std::max(0, work.blocks - r.state.blocks);
      backlog.active.push_back(work);
      keys += r.state.tokens;
    }
    for (const Run& r : waiting_) backlog.waiting.push_back(work_of(r));
    backlog.pace = step_pace(cost_, active_.empty() ? 0 : keys / active_.size(), 1);
    return backlog;
  }

  std::vector<SimulatedJob> jobs;
  std::vector<SimulatedStep> steps;
  std::map<ClientId, double> served;  // tokens computed, output twice
  double now_s = 0;
  int preempted = 0;
  std::int64_t prompt_rows = 0;

 private:
  struct Run {
    SequenceState state;
    std::size_t job;
    int charged = 0;
  };

  Work work_of(const Run& r) const {
    const SimulatedJob& job = jobs[r.job];
    return {r.state.client, r.state.tokens - r.state.computed - (r.state.computed > 0 ? 1 : 0),
            job.prompt + job.output - r.state.tokens, KvCache::blocks_for(job.prompt + job.output)};
  }

  void take_arrivals() {
    if (arrivals_.size() != jobs.size()) {
      for (std::size_t i = arrivals_.size(); i < jobs.size(); ++i) arrivals_.push_back(i);
      std::stable_sort(
          arrivals_.begin() + static_cast<std::ptrdiff_t>(next_), arrivals_.end(),
          [&](std::size_t a, std::size_t b) { return jobs[a].arrives_s < jobs[b].arrives_s; });
    }
    for (; next_ < arrivals_.size() && jobs[arrivals_[next_]].arrives_s <= now_s; ++next_) {
      const SimulatedJob& job = jobs[arrivals_[next_]];
      SequenceState s;
      s.tokens = job.prompt;
      s.client = job.client;
      s.priority = job.priority;
      s.arrival = static_cast<std::int64_t>(next_);
      s.waiting_since_s = job.arrives_s;
      shares_.arrived(job.client);
      waiting_.push_back({s, arrivals_[next_]});
    }
  }

  static std::vector<SequenceState> states(const std::vector<Run>& runs) {
    std::vector<SequenceState> out;
    for (const Run& r : runs) out.push_back(r.state);
    return out;
  }

  StepPlan plan() {
    for (Run& r : active_) {
      const bool decoding = r.state.computed > 0 && r.state.tokens - r.state.computed == 1;
      r.state.drafts = decoding ? jobs[r.job].drafts : 0;
    }
    const auto active = states(active_), waiting = states(waiting_);
    return plan_step({active, waiting, free_, now_s}, limits_, cost_, shares_);
  }

  void preempt(const std::vector<int>& indices) {
    ASSERT_TRUE(std::ranges::is_sorted(indices));
    for (auto i = indices.rbegin(); i != indices.rend(); ++i) {
      Run r = active_[static_cast<std::size_t>(*i)];
      active_.erase(active_.begin() + *i);
      free_ += r.state.blocks;
      r.state.blocks = r.state.computed = r.state.drafts = 0;
      r.state.waiting_since_s = now_s;
      ++r.state.preemptions;
      ++jobs[r.job].preemptions;
      ++preempted;
      waiting_.push_back(r);
    }
  }

  void admit(const std::vector<StepPlan::Admission>& admissions) {
    std::vector<int> taken;
    for (const auto& [index, level] : admissions) {
      Run r = waiting_[static_cast<std::size_t>(index)];
      ASSERT_GE(level, r.state.priority);
      r.state.level = level;
      if (jobs[r.job].admitted_s < 0) jobs[r.job].admitted_s = now_s;
      shares_.admitted(r.state.priority, now_s);
      active_.push_back(r);
      taken.push_back(index);
    }
    std::ranges::sort(taken);
    ASSERT_EQ(std::ranges::adjacent_find(taken), taken.end()) << "admitted twice";
    for (auto i = taken.rbegin(); i != taken.rend(); ++i) waiting_.erase(waiting_.begin() + *i);
    ASSERT_LE(static_cast<int>(active_.size()), limits_.max_active);
  }

  void one_step() {
    StepPlan next = plan();
    while (!next.preempt.empty()) {
      ASSERT_TRUE(next.rows.empty() && next.admit.empty());
      ASSERT_NO_FATAL_FAILURE(preempt(next.preempt));
      next = plan();
    }
    ASSERT_NO_FATAL_FAILURE(admit(next.admit));
    ASSERT_FALSE(next.rows.empty());
    SimulatedStep step;
    StepLoad load;
    std::vector<std::size_t> sampled;
    std::vector<bool> seen(active_.size());
    for (const auto& [index, count, drafts] : next.rows) {
      const auto i = static_cast<std::size_t>(index);
      ASSERT_FALSE(seen[i]) << "a sequence is in the plan twice";
      seen[i] = true;
      ASSERT_NO_FATAL_FAILURE(compute(active_[i], count, drafts, step, load));
      if (active_[i].state.computed == active_[i].state.tokens) sampled.push_back(i);
    }
    ASSERT_LE(step.prompt_rows, limits_.prefill_chunk);
    load.sampled += static_cast<int>(sampled.size());
    step.ms = true_cost_(load);
    cost_.observe(load, step.ms);
    now_s += step.ms / 1000;
    steps.push_back(step);
    for (const std::size_t i : sampled) give_token(active_[i]);
    drop_done();
  }

  void compute(Run& r, int count, int drafts, SimulatedStep& step, StepLoad& load) {
    SequenceState& s = r.state;
    ASSERT_GE(count, 1);
    ASSERT_LE(drafts, s.drafts);
    ASSERT_EQ(drafts > 0 && count != 1 + drafts, false);
    if (s.tokens - s.computed == 1 && s.computed > 0) {
      ++step.decoding;
    } else {
      step.prompt_rows += count;
    }
    step.rows += count;
    load.rows += count;
    load.sampled += drafts;
    load.keys += count * (s.computed + 0.5 * count);
    const int need = std::max(0, KvCache::blocks_for(s.computed + count) - s.blocks);
    free_ -= need;
    s.blocks += need;
    ASSERT_GE(free_, 0) << "more blocks than there are";
    s.computed += count - drafts;
    ASSERT_LE(s.computed, s.tokens);
    const int prompt = std::min(s.computed, jobs[r.job].prompt);
    prompt_rows += count;
    if (prompt > r.charged) charge(s.client, prompt - r.charged);
    r.charged = std::max(r.charged, prompt);
  }

  void charge(ClientId client, double tokens) {
    shares_.served(client, tokens);
    served[client] += tokens;
  }

  void give_token(Run& r) {
    SimulatedJob& job = jobs[r.job];
    ++r.state.tokens;
    charge(r.state.client, ClientShares::kOutputWeight);
    if (job.first_token_s < 0) job.first_token_s = now_s;
  }

  void drop_done() {
    std::erase_if(active_, [&](const Run& r) {
      SimulatedJob& job = jobs[r.job];
      if (r.state.tokens < job.prompt + job.output) return false;
      free_ += r.state.blocks;
      job.done_s = now_s;
      shares_.left(r.state.client);
      return true;
    });
  }

  int total_, free_;
  SchedulerLimits limits_;
  TrueCost true_cost_;
  StepCost cost_;
  ClientShares shares_;
  std::vector<std::size_t> arrivals_;  // jobs in order of arrival
  std::size_t next_ = 0;
  std::vector<Run> waiting_, active_;
};

}  // namespace pincer::test
