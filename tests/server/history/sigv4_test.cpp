#include "server/history/sigv4.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

namespace pincer {
namespace {

namespace json = boost::json;

const AwsCredentials kExample{.key_id = "AKIAIOSFODNN7EXAMPLE",
                              .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
constexpr std::string_view kEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

AwsRequest example(std::string path) {
  return {.method = "GET",
          .path = std::move(path),
          .query = {},
          .headers = {{"host", "examplebucket.s3.amazonaws.com"},
                      {"x-amz-content-sha256", std::string(kEmpty)},
                      {"x-amz-date", "20130524T000000Z"}},
          .payload_sha256 = std::string(kEmpty)};
}

std::string signature(const AwsRequest& request) {
  const std::string value = aws_authorization(request, kExample, {}, "20130524T000000Z");
  return value.substr(value.rfind('=') + 1);
}

// The four examples of
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
TEST(AwsSignature, OfGettingAPartOfAnObject) {
  AwsRequest request = example("/test.txt");
  request.headers["range"] = "bytes=0-9";
  EXPECT_EQ(aws_authorization(request, kExample, {}, "20130524T000000Z"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignature, OfPuttingAnObject) {
  AwsRequest request = example(aws_encoded("/test$file.text", true));
  request.method = "PUT";
  request.payload_sha256 = hex(sha256("Welcome to Amazon S3."));
  request.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  request.headers["x-amz-content-sha256"] = request.payload_sha256;
  request.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  EXPECT_EQ(signature(request), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(AwsSignature, OfABucketsLifecycle) {
  AwsRequest request = example("/");
  request.query = {{"lifecycle", ""}};
  EXPECT_EQ(signature(request), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(AwsSignature, OfAListOfObjects) {
  AwsRequest request = example("/");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(signature(request), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html, as published for 2015.
TEST(AwsSignature, KeyOfADay) {
  const AwsCredentials credentials{.key_id = "",
                                   .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
  EXPECT_EQ(
      hex(aws_signing_key(credentials, {.region = "us-east-1", .service = "iam"}, "20150830")),
      "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(AwsSignature, AsBotocoreMakesIt) {
  std::ifstream golden(PINCER_SOURCE_DIR "/tests/golden/sigv4.jsonl");
  int cases = 0;
  for (std::string line; std::getline(golden, line); ++cases) {
    const json::value sample = json::parse(line);
    AwsRequest request;
    request.method = sample.at("method").as_string();
    request.path = aws_encoded(sample.at("path").as_string(), true);
    for (const json::value& pair : sample.at("query").as_array())
      request.query.emplace_back(pair.at(0).as_string(), pair.at(1).as_string());
    for (const auto& [name, value] : sample.at("headers").as_object())
      request.headers.emplace(name, value.as_string());
    request.payload_sha256 = hex(sha256(sample.at("body").as_string()));
    EXPECT_EQ(request.payload_sha256, sample.at("sha256").as_string());
    const AwsScope scope{.region = std::string(sample.at("region").as_string())};
    EXPECT_EQ(aws_authorization(request, kExample, scope, request.headers["x-amz-date"]),
              sample.at("authorization").as_string())
        << line;
  }
  EXPECT_EQ(cases, 6);
}

TEST(AwsSignature, TimesAreUtc) {
  EXPECT_EQ(aws_time(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) +
                     std::chrono::seconds(3 * 3600 + 4 * 60 + 5)),
            "20240229T030405Z");
}

}  // namespace
}  // namespace pincer
