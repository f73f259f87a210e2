#include "server/framed/frame.h"

#include <gtest/gtest.h>

#include "server/framed/hello.h"

namespace pincer {
namespace {

constexpr std::size_t kMax = 100;

std::string frame_bytes(char type, std::uint32_t stream, const std::string& payload) {
  std::string bytes;
  append_frame(bytes, static_cast<FrameType>(type), stream, payload);
  return bytes;
}

std::string code_of(const std::string& bytes) {
  std::size_t used = 1;
  const TakenFrame taken = take_frame(bytes, kMax, used);
  EXPECT_EQ(used, 0u);
  const auto* problem = std::get_if<Problem>(&taken);
  return problem == nullptr ? "no problem" : *problem->code;
}

TEST(Frame, HasTheLayoutOfTheDocument) {
  EXPECT_EQ(frame_bytes(2, 0x04030201, "{}"),
            std::string("\x02\0\0\0\x02\0\0\0\x01\x02\x03\x04{}", 14));
  std::string ids;
  const TokenId tokens[] = {1, 0x102};
  append_text_frame(ids, 7, tokens, "ab");
  EXPECT_EQ(ids, std::string("\x0e\0\0\0\x82\x01\0\0\x07\0\0\0"
                             "\x02\0\0\0\x01\0\0\0\x02\x01\0\0ab",
                             26));
}

TEST(Frame, IsTakenOnceItIsWhole) {
  const std::string bytes = frame_bytes(2, 5, "payload") + frame_bytes(4, 5, "");
  for (std::size_t size = 0; size < 19; ++size) {
    std::size_t used = 1;
    EXPECT_TRUE(std::holds_alternative<std::monostate>(
        take_frame(std::string_view(bytes).substr(0, size), kMax, used)));
    EXPECT_EQ(used, 0u);
  }
  std::size_t used = 0;
  const TakenFrame taken = take_frame(bytes, kMax, used);
  ASSERT_TRUE(std::holds_alternative<Frame>(taken));
  EXPECT_EQ(std::get<Frame>(taken).payload, "payload");
  EXPECT_EQ(std::get<Frame>(taken).stream, 5u);
  EXPECT_EQ(used, 19u);
}

TEST(Frame, WhatHasNoMeaningIsRefusedByItsHeader) {
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\n\r\n"), "unknown_frame");
  EXPECT_EQ(code_of(frame_bytes(0, 1, "")), "unknown_frame");
  EXPECT_EQ(code_of(frame_bytes(7, 1, "")), "unknown_frame");
  EXPECT_EQ(code_of(frame_bytes('\x82', 1, "")), "unknown_frame");
  EXPECT_EQ(code_of(frame_bytes(2, 0, "")), "malformed_frame");
  EXPECT_EQ(code_of(frame_bytes(1, 1, "")), "malformed_frame");
  EXPECT_EQ(code_of(std::string("\0\0\0\0\x02\x02\0\0\x01\0\0\0", 12)), "malformed_frame");
  EXPECT_EQ(code_of(std::string("\0\0\0\0\x02\0\x01\0\x01\0\0\0", 12)), "malformed_frame");
  // Before any of the payload is there.
  EXPECT_EQ(code_of(std::string("\xff\xff\xff\xff\x02\0\0\0\x01\0\0\0", 12)), "frame_too_large");
  EXPECT_EQ(code_of(std::string("\x65\0\0\0\x02\0\0\0\x01\0\0\0", 12)), "frame_too_large");
  EXPECT_EQ(code_of(std::string("\x41\0\0\0\x05\0\0\0\0\0\0\0", 12)), "frame_too_large");
}

TEST(Hello, NamesVersionsAndMaybeAKey) {
  EXPECT_EQ(std::get<Hello>(parse_hello(R"({"versions":[1]})")).key, "");
  EXPECT_EQ(std::get<Hello>(parse_hello(R"({"versions":[9,1],"key":"k","more":1})")).key, "k");
  const auto code = [](const char* payload) {
    return std::get<Problem>(parse_hello(payload)).code.value();
  };
  for (const char* payload : {"", "{}", "[]", "x", R"({"versions":1})",
                              R"({"versions":[1],"key":5})", R"([[[[[[[[]]]]]]]])"})
    EXPECT_EQ(code(payload), "malformed_hello") << payload;
  EXPECT_EQ(code(R"({"versions":[]})"), "unsupported_version");
  EXPECT_EQ(code(R"({"versions":["1",2,1.5]})"), "unsupported_version");
}

}  // namespace
}  // namespace pincer
