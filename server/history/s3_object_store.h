// Objects in a bucket of S3, or of a server that speaks its protocol.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "server/history/object_store.h"
#include "server/history/sigv4.h"

namespace pincer {

struct S3Options {
  std::string endpoint;  // "https://host[:port]"; buckets are the first part of its paths
  std::string bucket, region = "us-east-1";
  AwsCredentials credentials;
  std::string ca_file;  // PEM of those who may sign its certificate; empty: the system's
  std::string proxy;    // "http://host:port", or "none"; empty: as the environment says
  // Of one request; a call makes several at most when the server or the network fails.
  std::chrono::milliseconds connect{5'000}, whole{30'000};
  int tries = 3;
  std::chrono::milliseconds pause{200};  // before the second; doubled each time
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
};

// Works on a thread of its own. Errors: invalid_argument (the endpoint's address), io (ca_file).
Result<std::unique_ptr<ObjectStore>> make_s3_object_store(S3Options options);

// Two lines, the key id and the secret, or three with a session's token; without a file the
// variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Warns if everybody may
// read the file. Errors: io, invalid_argument; none shows a secret.
Result<AwsCredentials> read_aws_credentials(const std::string& file);

}  // namespace pincer
