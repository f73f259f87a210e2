#include "tests/server/support/test_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace pincer::test {
namespace {

namespace fs = std::filesystem;

template <typename Writer>
void write(const fs::path& file, Writer writer) {
  const fs::path beside = file.string() + ".new";
  std::FILE* out = std::fopen(beside.c_str(), "w");
  if (out == nullptr) throw std::runtime_error("cannot write " + beside.string());
  writer(out);
  std::fclose(out);
  fs::rename(beside, file);
}

}  // namespace

TestCertificates::TestCertificates() {
  std::string name = (fs::temp_directory_path() / "pincer-tls-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

TestCertificates::~TestCertificates() { fs::remove_all(folder_); }

TestCertificates::Files TestCertificates::make(const std::string& name,
                                               const std::string& common_name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509* x509 = certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, key.get());
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x509, subject);
  X509_sign(x509, key.get(), EVP_sha256());

  const Files files{path(name + ".crt"), path(name + ".key")};
  write(files.certificate, [x509](std::FILE* out) { PEM_write_X509(out, x509); });
  write(files.key, [&key](std::FILE* out) {
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

}  // namespace pincer::test
