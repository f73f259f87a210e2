// libFuzzer target: what comes back from an object storage. No bytes but those that were sealed are
// taken for a turn, a text is refused or says the same when it is written again, and what a server
// says becomes one short line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/history/s3_failure.h"
#include "server/history/sealed.h"
#include "server/history/turn.h"

namespace {

using namespace pincer;

void check(bool sound) {
  if (!sound) std::abort();
}

void understand_sealed(std::string_view bytes) {
  static const SealKeys keys({SealKey(SealKey::Bytes{})});
  const auto plain = unseal(keys, "turns/x", bytes);
  check(!plain && plain.error().message.find("'turns/x'") != std::string::npos);
  const auto back = unseal(keys, "turns/x", seal(keys, "turns/x", bytes));
  check(back && *back == bytes);
}

void understand_turn(std::string_view text) {
  const auto turn = parse_turn(text);
  if (!turn) return;
  const auto again = parse_turn(turn_text(*turn));
  check(again && *again == *turn);
  const auto response = response_of(*turn, "ann");
  if (!response) return;
  const HistoryTurn written = turn_of(*response, turn->created_ms);
  const auto read = response_of(written, "ann");
  check(read && turn_of(*read, turn->created_ms) == written);
}

void understand_answer(std::string_view input) {
  S3Answer answer;
  answer.status = input.empty() ? 0 : 100 + 2 * static_cast<unsigned char>(input[0]);
  answer.body = input;
  answer.date = answer.region = input.substr(0, 100);
  const S3Place place{"http://s3", "bucket", "region", "key"};
  const Error error = s3_error(answer, place, "turns/x", {});
  check(error.message.size() < 1500);
  check(std::ranges::none_of(error.message, [](unsigned char c) { return c < ' '; }));
  (void)is_passing(answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  understand_sealed(input);
  understand_turn(input);
  understand_answer(input);
  return 0;
}
