// Bytes that only who holds the key can read, and nobody can change unnoticed: AES-256-GCM.
#pragma once

#include <string>
#include <string_view>

#include "pincer/engine/result.h"
#include "server/history/seal_keys.h"

namespace pincer {

// A sealed object is
//   bytes 0..3    "PNCH"
//   byte  4       1, the format's version
//   bytes 5..12   the key's id
//   bytes 13..24  the nonce, random
//   then          as many bytes as were sealed, encrypted
//   the last 16   the tag
// The tag covers bytes 0..12 and the object's name as well: one object cannot stand in for another.
inline constexpr std::size_t kSealedHeader = 25, kSealedTag = 16;

// With the newest key.
std::string seal(const SealKeys& keys, std::string_view name, std::string_view plain);

// Errors, each with the name: corrupt (no sealed object, truncated, changed, or another object's),
// unsupported (a later version), not_found (sealed with a key that is not among `keys`).
Result<std::string> unseal(const SealKeys& keys, std::string_view name, std::string_view sealed);

}  // namespace pincer
