#include "server/history/sealed.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "server/history/digest.h"

namespace pincer {
namespace {

constexpr std::string_view kMagic = "PNCH";
constexpr char kVersion = 1;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kKeyAt = kMagic.size() + 1;
constexpr std::size_t kNonceAt = kKeyAt + SealKey::kIdBytes;
static_assert(kNonceAt + kNonce == kSealedHeader);

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* raw_bytes(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// OpenSSL fails here only for want of memory or of randomness.
void require(int ok) {
  if (ok != 1) throw std::runtime_error("OpenSSL cannot encrypt");
}

Error damaged(std::string_view name, std::string_view what) {
  return {ErrorCode::corrupt, fmt::format("the object '{}' {}", name, what)};
}

// A context that has the key, the nonce and the associated data.
Context begin(const SealKey& key, std::string_view header, std::string_view name, bool encrypt) {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  require(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes().data(),
                            raw_bytes(header.substr(kNonceAt)), encrypt ? 1 : 0));
  for (const std::string_view part : {header.substr(0, kNonceAt), name}) {
    require(EVP_CipherUpdate(context.get(), nullptr, &size, raw_bytes(part),
                             static_cast<int>(part.size())));
  }
  return context;
}

// OpenSSL counts in ints.
void update(EVP_CIPHER_CTX* context, std::string_view in, char* out) {
  constexpr std::size_t kPiece = 1 << 30;
  while (!in.empty()) {
    const std::string_view piece = in.substr(0, kPiece);
    int size = 0;
    require(EVP_CipherUpdate(context, raw_bytes(out), &size, raw_bytes(piece),
                             static_cast<int>(piece.size())));
    in.remove_prefix(piece.size());
    out += size;
  }
}

}  // namespace

std::string seal(const SealKeys& keys, std::string_view name, std::string_view plain) {
  const SealKey& key = keys.newest();
  std::string sealed(kSealedHeader + plain.size() + kSealedTag, '\0');
  std::ranges::copy(kMagic, sealed.begin());
  sealed[kMagic.size()] = kVersion;
  std::ranges::copy(key.id(), sealed.begin() + kKeyAt);
  require(RAND_bytes(raw_bytes(sealed.data() + kNonceAt), kNonce));
  const Context context = begin(key, std::string_view(sealed).substr(0, kSealedHeader), name, true);
  update(context.get(), plain, sealed.data() + kSealedHeader);
  char* tag = sealed.data() + kSealedHeader + plain.size();
  int size = 0;
  require(EVP_CipherFinal_ex(context.get(), raw_bytes(tag), &size));
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kSealedTag, tag));
  return sealed;
}

Result<std::string> unseal(const SealKeys& keys, std::string_view name, std::string_view sealed) {
  if (sealed.empty()) return damaged(name, "is empty");
  if (!sealed.starts_with(kMagic.substr(0, std::min(kMagic.size(), sealed.size()))))
    return damaged(name, "is not one that Pincer sealed");
  if (sealed.size() < kSealedHeader + kSealedTag)
    return damaged(name, fmt::format("is truncated: {} bytes are left of it", sealed.size()));
  if (sealed[kMagic.size()] != kVersion) {
    return Error{ErrorCode::unsupported,
                 fmt::format("the object '{}' has format {}, which this version does not know; "
                             "use the Pincer that wrote it, or a newer one",
                             name, static_cast<unsigned char>(sealed[kMagic.size()]))};
  }
  SealKey::Id id;
  std::copy_n(sealed.begin() + kKeyAt, id.size(), id.begin());
  const SealKey* key = keys.find(id);
  if (key == nullptr) {
    return Error{ErrorCode::not_found,
                 fmt::format("the object '{}' is sealed with key {}, which the key file does not "
                             "hold; add that key, above the newest",
                             name, hex(id))};
  }
  const std::string_view body =
      sealed.substr(kSealedHeader, sealed.size() - kSealedHeader - kSealedTag);
  std::string tag(sealed.substr(sealed.size() - kSealedTag));
  std::string plain(body.size(), '\0');
  const Context context = begin(*key, sealed.substr(0, kSealedHeader), name, false);
  update(context.get(), body, plain.data());
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kSealedTag, tag.data()));
  int size = 0;
  char rest[16];
  if (EVP_CipherFinal_ex(context.get(), raw_bytes(rest), &size) != 1)
    return damaged(name, "was changed or cut after it was sealed, or is another object's");
  return plain;
}

}  // namespace pincer
