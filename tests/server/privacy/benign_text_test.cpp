// What looks like private data and is not stays as it is, but for a bounded share.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "server/privacy/detector.h"

namespace pincer {
namespace {

constexpr std::string_view kBenign[] = {
    "Version 1.2.3.4 fixes the crash of 1.2.3.",
    "pip install torch==2.1.0.1 numpy>=1.26.4",
    "On 2024-01-15 at 12:30:45, and again on 15.01.2024 and 01/15/2024.",
    "2026-11-26T09:47:05.123Z INFO started",
    "Order 4711-0815 of 20260112-0001 was shipped; invoice no. 1234567890.",
    "commit 6f3ceb2d1e9a0c4b7f8e5d6a3b2c1d0e9f8a7b6c",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "uuid 550e8400-e29b-41d4-a716-446655440000",
    "Listen on 127.0.0.1:8080, 0.0.0.0 or [::1]:8080; documentation uses 192.0.2.1 and "
    "2001:db8::1.",
    "netmask 255.255.255.0",
    "std::vector<int> a::b; ns::face::bad();",
    "@Override public void run() {}  // @see java.util.List",
    "npm i @types/node@20.1.1 react@18.2.0",
    "def login(password: str, token: str = None) -> bool:",
    "const password = req.body.password; if (!password) throw new Error('no password');",
    "token = next_token(stream); secret = os.environ['SECRET']; password = getpass()",
    "max_tokens: 4096, tokens_per_second: 35, token_count = 1234567890123",
    "The password is required and must have at least 12 characters.",
    "password: ${DB_PASSWORD}, api_key: <your-api-key>, token: {{ token }}, secret: \"***\"",
    "postgres://user:password@localhost/db and https://example.com:8443/a@b",
    "Pi is 3.14159265358979323846 and e is 2.71828182845904523536.",
    "Population 1 412 000 000; GDP 17,963,171,479,205; 10 000 000 rows",
    "ISBN 978-3-16-148410-0, ISSN 2049-3630, EAN 4006381333931",
    "0x1f 0xdeadbeef 0x7fffffffffffffff",
    "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
    "Lines 100-200, pages 12-34, chapters 1-2-3, score 21-19-21",
    "Windows 10.0.19045.3570 and Chrome/120.0.6099.109",
    "font-size: 12px; margin: 0 0 10px 20px; color: #ff00ff;",
    "SELECT id, count(*) FROM t WHERE a = 100000000000000 GROUP BY 1",
    "7.1.2-4 of RFC 5321; see section 4.5.3.1.1",
    "temperature 20-25-30, 100 200 300 400 500 600",
    "model-00001-of-00004.safetensors, 1718900000123 ms, 1718900000 s",
    "curl -H 'Content-Type: application/json' http://127.0.0.1:8080/v1/models",
    "matrix = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]",
    "export const TOKEN_LIMIT = 128000; const accessKeyId = config.accessKeyId;",
    "The tokens: input, output, cached. The secret: patience. The key is to listen.",
    "ab12cd34ef56 a1b2c3 build-20240115.7 r12345 v2.0.0-rc.1+build.5",
    "请在2024年1月15日之前完成，版本号1.2.3.4，共12345678元。",
    "EMAIL_1 and [PHONE_2] are words of this text.",
    "1.0.0.0/8 is a range in the release 10.0.0.1 of the firmware",
};

std::vector<Detector> detectors() {
  auto made = make_detectors(PrivacyConfig{});
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

TEST(BenignText, IsLeftAlone) {
  const auto all = detectors();
  int wrong = 0;
  for (const std::string_view text : kBenign) {
    const auto found = detect(text, all);
    ASSERT_TRUE(found.ok());
    for (const Finding& f : *found) {
      ++wrong;
      fmt::print("  {}: \"{}\" in: {}\n", class_name(f.kind), text.substr(f.begin, f.end - f.begin),
                 text);
    }
  }
  fmt::print("{} findings in {} lines that have nothing\n", wrong, std::size(kBenign));
  EXPECT_LE(wrong, 2);
}

// Sources and pages of this project: nothing private is in them.
TEST(BenignText, OfThisProjectIsMostlyLeftAlone) {
  const auto all = detectors();
  std::size_t bytes = 0;
  std::map<std::string_view, int> wrong;
  int sum = 0;
  for (const char* name :
       {"docs/serving.md", "docs/kernels.md", "docs/kv-cache.md", "docs/operations.md",
        "docs/scheduler.md", "docs/grammar.md", "docs/weight-pool.md", "docs/api.md",
        "server/http/access.cpp", "server/http/key_ring.cpp", "server/cli/api_key_file.cpp",
        "server/api/anthropic_content.cpp", "engine/include/pincer/engine/tokenizer.h",
        "CMakeLists.txt", "CHANGELOG.md"}) {
    std::ifstream in(std::string(PINCER_SOURCE_DIR) + "/" + name);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    ASSERT_FALSE(text.empty()) << name;
    bytes += text.size();
    const auto found = detect(text, all);
    ASSERT_TRUE(found.ok());
    for (const Finding& f : *found) {
      ++wrong[class_name(f.kind)];
      ++sum;
      fmt::print("  {}: {}: {}\n", name, class_name(f.kind), text.substr(f.begin, f.end - f.begin));
    }
  }
  fmt::print("{} findings in {} bytes\n", sum, bytes);
  EXPECT_LE(sum, static_cast<int>(bytes / 10'000));  // one in 10 KB, wrong or of an example
}

}  // namespace
}  // namespace pincer
