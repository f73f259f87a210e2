#include "server/history/s3_object_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/server/support/script_server.h"

namespace pincer {
namespace {

using test::ScriptServer;
using Then = ScriptServer::Answer::Then;

std::string answer(int status, const std::string& body = "", const std::string& more = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string refusal(const std::string& code, const std::string& more = "") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>So it is.</Message>" +
         more + "</Error>";
}

class S3 : public ::testing::Test {
 protected:
  std::unique_ptr<ObjectStore> open() {
    options_.endpoint = server_.address();
    auto store = make_s3_object_store(options_);
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }
  // What a GET that is answered like this says.
  Error error(const std::string& bytes) {
    server_.answer(bytes);
    auto got = open()->get("turns/a");
    EXPECT_FALSE(got);
    return got ? Error{} : got.error();
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  ScriptServer server_;
  S3Options options_{
      .endpoint = {},
      .bucket = "history",
      .credentials = {.key_id = "AKIAIOSFODNN7EXAMPLE",
                      .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
      .ca_file = {},
      .proxy = "none",
      .whole = std::chrono::milliseconds(20'000),
      .tries = 1,
      .pause = std::chrono::milliseconds(1),
      .clock = [] { return std::chrono::sys_days(std::chrono::year(2026) / 11 / 26); }};
};

TEST_F(S3, PutsGetsAndRemovesOverOneConnection) {
  const auto store = open();
  for (const int status : {200, 200, 204}) server_.answer(answer(status, status == 204 ? "" : "x"));
  ASSERT_TRUE(store->put("turns/a", "sealed"));
  const auto got = store->get("turns/a");
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, "x");
  ASSERT_TRUE(store->remove("turns/a"));
  EXPECT_EQ(server_.connections(), 1);

  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_TRUE(requests[0].starts_with("PUT /history/turns/a HTTP/1.1\r\n")) << requests[0];
  EXPECT_TRUE(requests[0].ends_with("\r\n\r\nsealed"));
  EXPECT_TRUE(requests[1].starts_with("GET /history/turns/a HTTP/1.1\r\n"));
  EXPECT_TRUE(requests[2].starts_with("DELETE /history/turns/a HTTP/1.1\r\n"));
  for (const std::string& request : requests) {
    EXPECT_TRUE(has(request, "\r\nhost: " + server_.address().substr(7) + "\r\n"));
    EXPECT_TRUE(has(request, "\r\nx-amz-date: 20261126T000000Z\r\n"));
    EXPECT_TRUE(has(request,
                    "Credential=AKIAIOSFODNN7EXAMPLE/20261126/us-east-1/s3/aws4_request, "
                    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));
    EXPECT_FALSE(has(request, options_.credentials.secret));
  }
  EXPECT_TRUE(has(requests[0], "\r\nx-amz-content-sha256: " + hex(sha256("sealed")) + "\r\n"));
}

TEST_F(S3, TemporaryCredentialsShowTheirToken) {
  options_.credentials.session_token = "token";
  server_.answer(answer(200));
  ASSERT_TRUE(open()->put("a", ""));
  EXPECT_TRUE(has(server_.requests()[0], "\r\nx-amz-security-token: token\r\n"));
  EXPECT_TRUE(has(server_.requests()[0], "x-amz-date;x-amz-security-token, "));
}

TEST_F(S3, RemovingWhatIsNotThereIsNoError) {
  server_.answer(answer(404, refusal("NoSuchKey")));
  EXPECT_TRUE(open()->remove("turns/a"));
}

TEST_F(S3, TriesAgainWhenTheServerFails) {
  options_.tries = 3;
  server_.answer(answer(500, refusal("InternalError")));
  server_.answer(answer(503, refusal("SlowDown")));
  server_.answer(answer(200, "x"));
  const auto got = open()->get("turns/a");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(S3, DoesNotTryForEver) {
  options_.tries = 2;
  for (int i = 0; i < 3; ++i) server_.answer(answer(500, refusal("InternalError")));
  const auto got = open()->get("turns/a");
  ASSERT_FALSE(got);
  EXPECT_EQ(server_.requests().size(), 2u);
  EXPECT_TRUE(has(got.error().message, "'turns/a': InternalError: So it is."));
}

TEST_F(S3, AConnectionThatWasClosedWhileItRestedCostsNoTry) {
  const auto store = open();
  server_.answer(answer(200), Then::close);
  ASSERT_TRUE(store->put("a", ""));
  server_.answer(answer(200));
  EXPECT_TRUE(store->put("b", ""));
  EXPECT_EQ(server_.requests().size(), 2u);
}

TEST_F(S3, ErrorsTellWhatToDo) {
  Error no_bucket = error(answer(404, refusal("NoSuchBucket")));
  EXPECT_EQ(no_bucket.code, ErrorCode::network);
  EXPECT_TRUE(has(no_bucket.message, "there is no bucket 'history' at " + server_.address()))
      << no_bucket.message;

  Error no_object = error(answer(404, refusal("NoSuchKey")));
  EXPECT_EQ(no_object.code, ErrorCode::not_found);
  EXPECT_TRUE(has(no_object.message, "no object 'turns/a' in the bucket 'history'"));

  Error signature = error(answer(403, refusal("SignatureDoesNotMatch")));
  EXPECT_EQ(signature.code, ErrorCode::network);
  EXPECT_TRUE(has(signature.message, "credentials 'AKIAIOSFODNN7EXAMPLE'")) << signature.message;
  EXPECT_FALSE(has(signature.message, options_.credentials.secret));

  const Error denied = error(answer(403, refusal("AccessDenied")));
  EXPECT_TRUE(has(denied.message, "may not use 'turns/a'")) << denied.message;

  const Error region = error(answer(301, "", "x-amz-bucket-region: eu-west-1\r\n"));
  EXPECT_TRUE(has(region.message, "not in region 'us-east-1' but in 'eu-west-1'"))
      << region.message;
  EXPECT_TRUE(has(
      error(answer(400, refusal("AuthorizationHeaderMalformed", "<Region>eu-2</Region>"))).message,
      "but in 'eu-2'"));
}

TEST_F(S3, ClocksThatDifferAreBothShown) {
  const std::string date = "Date: Thu, 26 Nov 2026 01:00:00 GMT\r\n";
  const Error header = error(answer(403, refusal("RequestTimeTooSkewed"), date));
  EXPECT_TRUE(has(header.message, "it is 2026-11-26T00:00:00Z here and Thu, 26 Nov 2026 01:00:00"))
      << header.message;
  const Error body = error(answer(
      403, refusal("RequestTimeTooSkewed", "<ServerTime>2026-11-26T01:00:00Z</ServerTime>")));
  EXPECT_TRUE(has(body.message, "00:00:00Z here and 2026-11-26T01:00:00Z there")) << body.message;
}

TEST_F(S3, WhatServersSayIsCutAndHarmless) {
  const Error odd = error(answer(400, "<Code>A\x1b[31m" + std::string(10'000, 'x') + "</Code>"));
  EXPECT_LT(odd.message.size(), 400u);
  EXPECT_FALSE(has(odd.message, "\x1b"));
}

TEST_F(S3, ANetworkThatFailsIsSaid) {
  server_.answer("", Then::close);
  const auto closed = open()->get("a");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::network);
  EXPECT_TRUE(has(closed.error().message, "cannot reach " + server_.address() + ": "))
      << closed.error().message;

  options_.whole = std::chrono::milliseconds(50);
  server_.answer("", Then::stall);
  const auto silent = open()->get("a");
  ASSERT_FALSE(silent);
  EXPECT_TRUE(has(silent.error().message, "no answer within 50 ms")) << silent.error().message;
}

TEST_F(S3, NobodyThereIsSaid) {
  std::string gone;
  {
    const ScriptServer other;
    gone = other.address();
  }
  options_.endpoint = gone;
  const auto store = make_s3_object_store(options_);
  ASSERT_TRUE(store);
  const auto got = (*store)->get("a");
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "cannot reach " + gone + ": Connection refused"))
      << got.error().message;
}

TEST_F(S3, AddressesThatAreNoneAreRefused) {
  options_.endpoint = "s3.example";
  const auto store = make_s3_object_store(options_);
  ASSERT_FALSE(store);
  EXPECT_TRUE(has(store.error().message, "storage.cold.s3.endpoint 's3.example' is not"));
}

TEST_F(S3, StopEndsWhatWaits) {
  const auto store = open();
  server_.answer("", Then::stall);
  std::thread other([&store] {
    const auto got = store->get("a");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::cancelled);
  });
  while (server_.requests().empty()) std::this_thread::yield();
  store->stop();
  other.join();
  EXPECT_EQ(store->put("b", "").error().code, ErrorCode::cancelled);
}

class Credentials : public ::testing::Test {
 protected:
  ~Credentials() override { std::remove(path_.c_str()); }
  Result<AwsCredentials> read(const std::string& text) const {
    std::ofstream(path_) << text;
    return read_aws_credentials(path_);
  }
  const std::string path_ = ::testing::TempDir() + "/s3." + std::to_string(::getpid()) + "." +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(Credentials, AreTwoLinesOrThree) {
  const auto two = read("id\r\nsecret\n");
  ASSERT_TRUE(two);
  EXPECT_EQ(two->key_id, "id");
  EXPECT_EQ(two->secret, "secret");
  EXPECT_EQ(two->session_token, "");
  EXPECT_EQ(read("id\nsecret\ntoken")->session_token, "token");
}

TEST_F(Credentials, ErrorsNameTheFileAndShowNoSecret) {
  for (const char* text : {"", "id\n", "id\nsec\tret\n", "id\n\nsecret\n"}) {
    const auto found = read(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().message.find(path_), 0u) << found.error().message;
    EXPECT_EQ(found.error().message.find("sec\t"), std::string::npos);
  }
  const auto missing = read_aws_credentials(path_ + ".none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace pincer
