#include "server/upstream/sse_reader.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

std::string read(std::string_view stream, std::size_t piece) {
  SseReader reader;
  std::vector<SseEvent> events;
  for (std::size_t i = 0; i < stream.size(); i += piece)
    EXPECT_TRUE(reader.push(stream.substr(i, piece), events));
  std::string all;
  for (const SseEvent& event : events) all += event.type + "=" + event.data + ";";
  return all;
}

TEST(SseReader, ReadsTheSameHoweverTheStreamIsCut) {
  constexpr std::string_view kStream =
      "\xEF\xBB\xBF: a comment\n\ndata: 1\n\nevent: ping\r\ndata:2\r\n\r\nid: 7\rdata: a\rdata: "
      "b\r\r"
      "data\n\nevent: none\n\ndata:  x\nretry: 3\n\ndata: not ended";
  for (std::size_t piece = 1; piece <= kStream.size(); ++piece)
    EXPECT_EQ(read(kStream, piece), "message=1;ping=2;message=a\nb;message=;message= x;") << piece;
}

TEST(SseReader, AnEventWithoutAnEndIsGivenUp) {
  SseReader reader(100);
  std::vector<SseEvent> events;
  EXPECT_TRUE(reader.push("data: 1\n\n", events));
  bool fits = true;
  for (int i = 0; i < 30 && fits; ++i) fits = reader.push("data: 12345\n", events);
  EXPECT_FALSE(fits);
  EXPECT_FALSE(reader.push("\n\n", events)) << "it stays broken";
  EXPECT_EQ(events.size(), 1u);
  SseReader line(100);
  EXPECT_FALSE(line.push(std::string(101, 'x'), events));
}

}  // namespace
}  // namespace pincer
