// AWS Signature Version 4, in the Authorization header:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/history/digest.h"

namespace pincer {

struct AwsCredentials {
  std::string key_id = {}, secret = {};
  std::string session_token = {};  // of temporary ones; empty: none
};

struct AwsScope {
  std::string region = "us-east-1", service = "s3";
};

// What is signed. Headers' names are in lower case; `host` is one of them. The path is encoded
// (aws_encoded), the query is not.
struct AwsRequest {
  std::string method, path;
  std::vector<std::pair<std::string, std::string>> query;
  std::map<std::string, std::string> headers;
  std::string payload_sha256;  // hexadecimal, as in x-amz-content-sha256
};

// "20130524T000000Z", the form of x-amz-date.
std::string aws_time(std::chrono::system_clock::time_point time);

// Letters, digits, "-", "_", ".", "~" stay, and "/" if `keep_slash`; all else is %XX.
std::string aws_encoded(std::string_view text, bool keep_slash);

// "name=value&…" in the order that is signed, for the request line.
std::string aws_query(const AwsRequest& request);

// The key that requests of one day are signed with; `day` is "20130524".
Sha256 aws_signing_key(const AwsCredentials& credentials, const AwsScope& scope,
                       std::string_view day);

// The value of the Authorization header; `time` is aws_time's, and that of x-amz-date where the
// headers have it.
std::string aws_authorization(const AwsRequest& request, const AwsCredentials& credentials,
                              const AwsScope& scope, std::string_view time);

}  // namespace pincer
