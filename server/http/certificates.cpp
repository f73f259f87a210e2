#include "server/http/certificates.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace pincer {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::string_view kProtocol = "http/1.1";

// RFC 7301: a client that names its protocols must find ours among them.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  for (unsigned at = 0; at < offered_size; at += 1u + offered[at]) {
    const unsigned size = offered[at];
    if (at + 1 + size > offered_size) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), size);
    if (name != kProtocol) continue;
    *out = offered + at + 1;
    *out_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// TLS 1.3's own suites, and of TLS 1.2 those with forward secrecy and authenticated encryption.
void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

Result<void> check_readable(std::string_view what, const std::string& file) {
  errno = 0;
  if (std::ifstream(file).peek() != std::ifstream::traits_type::eof()) return {};
  return Error{ErrorCode::io, fmt::format("cannot read the TLS {} {}: {}", what, file,
                                          errno != 0 ? std::strerror(errno) : "the file is empty")};
}

void warn_of_expiry(SSL_CTX* context, const std::string& file) {
  const X509* shown = SSL_CTX_get0_certificate(context);
  if (shown != nullptr && X509_cmp_current_time(X509_get0_notAfter(shown)) < 0)
    spdlog::warn("the TLS certificate {} has expired: clients will refuse it", file);
}

Result<Certificates::Context> read_files(const Certificates::Files& files) {
  for (const auto& [what, file] :
       {std::pair("certificate", files.certificate), std::pair("key", files.key)}) {
    if (auto readable = check_readable(what, file); !readable) return readable.error();
  }
  const auto invalid = [](std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message)};
  };
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  set_rules(context->native_handle());
  boost::system::error_code error;
  // Asked for by an encrypted key: nobody is there to answer.
  bool encrypted = false;
  context->set_password_callback(
      [&encrypted](std::size_t, ssl::context::password_purpose) {
        encrypted = true;
        return std::string();
      },
      error);
  context->use_certificate_chain_file(files.certificate, error);
  if (error) {
    return invalid(fmt::format("{} holds no certificate in PEM form ({})", files.certificate,
                               error.message()));
  }
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (encrypted) {
    return invalid(
        fmt::format("the TLS key {} has a passphrase; `openssl pkey -in {} -out KEY` removes it",
                    files.key, files.key));
  }
  if (error && ERR_GET_LIB(static_cast<unsigned long>(error.value())) == ERR_LIB_X509) {
    return invalid(fmt::format("the TLS key {} does not belong to the certificate {}", files.key,
                               files.certificate));
  }
  if (error) {
    return invalid(
        fmt::format("{} holds no private key in PEM form ({})", files.key, error.message()));
  }
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); }, error);
  warn_of_expiry(context->native_handle(), files.certificate);
  return context;
}

}  // namespace

Result<std::shared_ptr<Certificates>> Certificates::load(Files files) {
  std::shared_ptr<Certificates> certificates(new Certificates(std::move(files)));
  if (auto read = certificates->reload(); !read) return read.error();
  return certificates;
}

Certificates::Stamp Certificates::stamp() const {
  std::error_code ignored;  // a file that is gone has the least time
  return {std::filesystem::last_write_time(files_.certificate, ignored),
          std::filesystem::last_write_time(files_.key, ignored)};
}

Result<void> Certificates::reload() {
  const Stamp now = stamp();
  auto read = read_files(files_);
  const std::lock_guard lock(mutex_);
  seen_ = now;
  looked_ = std::chrono::steady_clock::now();
  if (!read) return read.error();
  context_ = std::move(read).value();
  return {};
}

Certificates::Context Certificates::context() {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ >= kLookEvery) {
      looked_ = now;
      changed = stamp() != seen_;
    }
  }
  if (changed) {
    if (auto read = reload(); read) {
      spdlog::info("read the TLS certificate {} again", files_.certificate);
    } else {
      spdlog::warn("the TLS certificate stays as it was: {}", read.error().message);
    }
  }
  const std::lock_guard lock(mutex_);
  return context_;
}

}  // namespace pincer
