// Self-signed certificates in a folder of their own.
#pragma once

#include <filesystem>
#include <string>

namespace pincer::test {

class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  struct Files {
    std::string certificate, key;
  };
  // For 127.0.0.1, with a key of its own. Replaces files of the same name at once.
  Files make(const std::string& name, const std::string& common_name = "localhost");
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace pincer::test
