#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "server/http/certificates.h"
#include "tests/server/support/test_certificate.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

int port_of(const std::string& address) {
  return std::stoi(address.substr(address.rfind(':') + 1));
}

// A blocking client of TLS, which trusts everybody.
class TlsClient {
 public:
  explicit TlsClient(const std::string& address, int max_version = 0, const char* alpn = nullptr) {
    SSL_set_max_proto_version(stream_.native_handle(), max_version);
    stream_.next_layer().connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port_of(address))});
    if (alpn != nullptr) {
      const std::string text(alpn);
      const std::string list = static_cast<char>(text.size()) + text;
      SSL_set_alpn_protos(stream_.native_handle(),
                          reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
    }
    stream_.handshake(asio::ssl::stream_base::client, failure_);
  }

  bool connected() const { return !failure_; }
  void send(const std::string& bytes) { asio::write(stream_, asio::buffer(bytes)); }
  std::string read_until(const std::string& mark) {
    while (input_.find(mark) == std::string::npos) {
      char bytes[4096];
      error_code error;
      const std::size_t size = stream_.read_some(asio::buffer(bytes), error);
      if (error) return input_;
      input_.append(bytes, size);
    }
    return input_;
  }
  // True if the server said that it was done, false if the connection was cut.
  bool ends_in_order() {
    char byte = 0;
    error_code error;
    asio::read(stream_, asio::buffer(&byte, 1), error);
    return error == asio::error::eof;
  }
  std::string subject() {
    X509* shown = SSL_get1_peer_certificate(stream_.native_handle());
    char text[100] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text, sizeof text);
    X509_free(shown);
    return text;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(const_cast<TlsClient*>(this)->stream_.native_handle(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream_{io_, context_};
  error_code failure_;
  std::string input_;
};

class Tls : public ::testing::Test {
 protected:
  ServerOptions options() {
    ServerOptions options;
    options.listen = {"https://127.0.0.1:0"};
    options.tls_certificate = files_.certificate;
    options.tls_key = files_.key;
    return options;
  }

  TestCertificates certificates_;
  TestCertificates::Files files_ = certificates_.make("server", "first");
};

const std::string kGet = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(Tls, RequestsStreamsAndPipelinesWorkAsWithoutIt) {
  TestServer server(options());
  EXPECT_TRUE(server.address().starts_with("https://127.0.0.1:"));
  TlsClient client(server.address());
  ASSERT_TRUE(client.connected());
  client.send(kGet + kGet);
  EXPECT_NE(client.read_until("ok\"}").find("HTTP/1.1 200"), std::string::npos);
  const std::string body = chat_body(R"(,"stream":true)");
  client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_NE(client.read_until("[DONE]").find("chat.completion.chunk"), std::string::npos);
}

TEST_F(Tls, TheVersionIsAtLeastTls12) {
  TestServer server(options());
  EXPECT_FALSE(TlsClient(server.address(), TLS1_1_VERSION).connected());
  EXPECT_TRUE(TlsClient(server.address(), TLS1_2_VERSION).connected());
  EXPECT_TRUE(TlsClient(server.address(), TLS1_3_VERSION).connected());
}

TEST_F(Tls, Http11IsAgreedOnAndNothingElse) {
  TestServer server(options());
  EXPECT_EQ(TlsClient(server.address(), 0, "http/1.1").protocol(), "http/1.1");
  EXPECT_FALSE(TlsClient(server.address(), 0, "h2").connected());
}

TEST_F(Tls, PlainHttpIsToldToUseHttps) {
  TestServer server(options());
  TestClient client("http://127.0.0.1:" + std::to_string(port_of(server.address())));
  client.get("/health");
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find("https://"), std::string::npos);
  EXPECT_TRUE(client.at_end());
}

TEST_F(Tls, NoiseAndSlowHandshakesAreCutOff) {
  ServerOptions impatient = options();
  impatient.limits.header_timeout = std::chrono::milliseconds(50);
  TestServer server(impatient);
  const std::string plain = "http://127.0.0.1:" + std::to_string(port_of(server.address()));
  EXPECT_TRUE(TestClient(plain).at_end());
  for (const std::string& noise : {std::string("\x16\x03\x01"), std::string("\0\0\0\0", 4)}) {
    TestClient client(plain);
    client.send(noise);
    EXPECT_TRUE(client.at_end());
  }
}

TEST_F(Tls, TheEndIsAnnounced) {
  ServerOptions impatient = options();
  impatient.limits.idle_timeout = std::chrono::milliseconds(50);
  TestServer server(impatient);
  TlsClient client(server.address());
  client.send(kGet);
  client.read_until("ok\"}");
  EXPECT_TRUE(client.ends_in_order());
}

TEST_F(Tls, ANewCertificateIsShownToNewClientsAndOldOnesStay) {
  TestServer server(options());
  TlsClient old(server.address());
  EXPECT_EQ(old.subject(), "first");
  certificates_.make("server", "second");
  ASSERT_TRUE(server.server().reload_certificate());
  EXPECT_EQ(TlsClient(server.address()).subject(), "second");
  old.send(kGet);
  EXPECT_NE(old.read_until("ok\"}").find("200"), std::string::npos);
  // What cannot be used changes nothing.
  std::ofstream(files_.certificate) << "gone";
  EXPECT_FALSE(server.server().reload_certificate());
  EXPECT_EQ(TlsClient(server.address()).subject(), "second");
}

TEST_F(Tls, WhatCannotBeUsedIsNamed) {
  const auto error = [](const std::string& certificate, const std::string& key) {
    const auto loaded = Certificates::load({certificate, key});
    return loaded ? std::string("no error") : loaded.error().message;
  };
  const auto other = certificates_.make("other");
  const std::string empty = certificates_.path("empty"), noise = certificates_.path("noise");
  std::ofstream(empty).flush();
  std::ofstream(noise) << "-----BEGIN CERTIFICATE-----\nnoise\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(error(files_.certificate, files_.key), "no error");
  EXPECT_NE(error("/no/such", files_.key).find("/no/such: No such file"), std::string::npos);
  EXPECT_NE(error(files_.certificate, empty).find(empty + ": the file is empty"),
            std::string::npos);
  EXPECT_NE(error(noise, files_.key).find(noise + " holds no certificate"), std::string::npos);
  EXPECT_NE(error(files_.certificate, noise).find(noise + " holds no private key"),
            std::string::npos);
  EXPECT_NE(error(files_.certificate, other.key).find("does not belong to"), std::string::npos);
}

TEST_F(Tls, AListenerWithoutACertificateDoesNotStart) {
  ServerOptions none;
  none.listen = {"https://127.0.0.1:0"};
  const auto started = Server::start(none, std::make_shared<Models>());
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("--tls-cert"), std::string::npos);
}

}  // namespace
}  // namespace pincer::test
