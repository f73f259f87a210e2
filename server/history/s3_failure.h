// What an S3 server means when it refuses.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

struct S3Answer {
  unsigned status = 0;
  std::string body;
  std::string date;    // of the header
  std::string region;  // x-amz-bucket-region; empty: not said
};

struct S3Place {
  std::string endpoint, bucket, region, key_id;
};

// The text of an XML element, entities not resolved; empty: there is none.
std::string_view xml_text(std::string_view xml, std::string_view element);

// Worth another try a little later.
bool is_passing(const S3Answer& answer);

// One line for people: what is wrong, and which setting to look at. `now` is this machine's clock.
// not_found is an object that is not there, and nothing else.
Error s3_error(const S3Answer& answer, const S3Place& place, const std::string& name,
               std::chrono::system_clock::time_point now);

}  // namespace pincer
