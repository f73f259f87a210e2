#include "server/log/access_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include "server/log/access_line.h"
#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::unique_ptr<AccessLog> opened(const std::filesystem::path& file) {
  auto log = AccessLog::open(file);
  if (!log) throw std::runtime_error(log.error().message);
  return std::move(log).value();
}

TEST(AccessLogConcurrency, LinesOfManyThreadsAreWhole) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "access.log";
  auto log = opened(file);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 500; ++i) log->write(std::string(200, static_cast<char>('a' + t)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  log.reset();  // writes what waits
  const auto lines = lines_of(file);
  EXPECT_EQ(lines.size(), 2000u);
  for (const std::string& line : lines) EXPECT_EQ(line, std::string(200, line.front()));
}

TEST(AccessLogConcurrency, AfterARenameANewFileIsBegun) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "access.log", old = folder.path() / "access.log.1";
  auto log = opened(file);
  log->write("first");
  while (log->written() < 1) std::this_thread::yield();
  std::filesystem::rename(file, old);
  log->reopen();
  while (!std::filesystem::exists(file)) std::this_thread::yield();
  log->write("second");
  log.reset();
  EXPECT_EQ(lines_of(old), std::vector<std::string>{"first"});
  EXPECT_EQ(lines_of(file), std::vector<std::string>{"second"});
}

TEST(AccessLogConcurrency, AFullDiskDropsLinesAndKeepsNobody) {
  auto log = opened("/dev/full");
  for (int i = 0; i < 10; ++i) log->write("line");
  while (log->dropped() < 10) std::this_thread::yield();
  EXPECT_EQ(log->written(), 0);
}

TEST(AccessLogConcurrency, AReaderThatDoesNotReadKeepsNobody) {
  const test::TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::fstream reader(pipe, std::ios::in | std::ios::out);  // never reads
  auto log = opened(pipe);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20'000; ++i) log->write(std::string(1000, 'x'));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_GT(log->dropped(), 10'000);
}

TEST(AccessLog, WhatCannotBeOpenedIsNamed) {
  const auto log = AccessLog::open("/no/such/folder/access.log");
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.error().message.find("/no/such/folder/access.log"), std::string::npos);
}

TEST(AccessLine, HasWhatIsKnown) {
  RequestRecord record;
  record.model = "small";
  record.upstream = "local";
  record.tokens_arrived(4, 0.25);
  record.tokens_arrived(6, 0.5);
  Finish finish;
  finish.prompt_tokens = 7;
  finish.cached_tokens = 3;
  finish.generated_tokens = 5;
  finish.queued_seconds = 0.125;
  record.add(finish, true);
  record.add(finish, false);
  const std::string line =
      access_line({.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'500)),
                   .id = "req_1",
                   .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                   .key = "alice",
                   .method = "POST",
                   .path = "/v1/chat/completions",
                   .status = 200,
                   .bytes = 1234,
                   .seconds = 1.5,
                   .record = record});
  EXPECT_EQ(line,
            R"({"time":"1970-01-01T00:00:01.500Z","id":"req_1",)"
            R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","parent_id":"00f067aa0ba902b7",)"
            R"("sampled":true,"key":"alice","method":"POST","path":"/v1/chat/completions",)"
            R"("status":200,"bytes":1234,"duration_ms":1.5E3,"model":"small","upstream":"local",)"
            R"("completion_tokens":10,"first_token_ms":2.5E2,"prompt_tokens":7,"cached_tokens":3,)"
            R"("queued_ms":1.25E2,"prefill_ms":0E0,"decode_ms":0E0})");
}

TEST(AccessLine, WhatClientsWriteStaysInItsPlace) {
  const RequestRecord record;
  const std::string line = access_line({.time = {},
                                        .id = "x",
                                        .traceparent = "\"},{",
                                        .key = "",
                                        .method = "GET\"\n",
                                        .path = "/\n\"\\" + std::string(5000, 'p'),
                                        .record = record});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find(R"("method":"GET\"\n")"), std::string::npos) << line;
  EXPECT_EQ(line.find("trace_id"), std::string::npos);
  EXPECT_LT(line.size(), 2000u);
}

}  // namespace
}  // namespace pincer
