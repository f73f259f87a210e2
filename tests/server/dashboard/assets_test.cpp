#include "server/dashboard/assets.h"

#include <gtest/gtest.h>

#include <boost/beast/zlib/inflate_stream.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

constexpr const char* kScript = "/assets/dashboard.js";

const Asset& asset(std::string_view path) {
  for (const Asset& a : dashboard_assets()) {
    if (a.path == path) return a;
  }
  throw std::out_of_range(std::string(path));
}

// Of a gzip file without optional fields (RFC 1952): ten bytes of header, eight at the end.
std::string unzipped(std::string_view file, std::size_t size) {
  std::string out(size, '\0');
  boost::beast::zlib::z_params z;
  z.next_in = file.data() + 10;
  z.avail_in = file.size() - 18;
  z.next_out = out.data();
  z.avail_out = out.size();
  boost::beast::zlib::inflate_stream inflate;
  boost::beast::error_code error;
  inflate.write(z, boost::beast::zlib::Flush::finish, error);
  EXPECT_EQ(z.avail_out, 0u);
  return out;
}

TEST(Dashboard, ThePageAndItsFilesNeedNoKey) {
  ServerOptions options;
  options.api_keys = {plain_api_key("secret")};
  TestServer server(options);
  for (const Asset& a : dashboard_assets()) {
    const Reply reply = server.get(a.path);
    EXPECT_EQ(reply.status, 200) << a.path;
    EXPECT_EQ(reply.headers.at("content-type"), a.content_type);
    EXPECT_EQ(reply.body, a.plain);
    EXPECT_FALSE(reply.headers.contains("content-encoding"));
  }
  EXPECT_EQ(server.get("/assets/nothing.js").status, 401);
}

TEST(Dashboard, ThePageMayLoadNothingFromElsewhere) {
  TestServer server;
  const Reply page = server.get("/");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  const std::string& policy = page.headers.at("content-security-policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(policy.find("http"), std::string::npos);
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  for (const char* elsewhere : {"src=\"http", "href=\"http", "src=\"//", "href=\"//"})
    EXPECT_EQ(page.body.find(elsewhere), std::string::npos) << elsewhere;
}

TEST(Dashboard, WhoTakesGzipGetsIt) {
  TestServer server;
  const std::string& plain = std::string(asset(kScript).plain);
  for (const char* header : {"gzip", "br, gzip", "deflate,GZIP;q=0.5", "gzip;q=1.0, *;q=0"}) {
    const Reply reply = server.get(kScript, "Accept-Encoding: " + std::string(header) + "\r\n");
    EXPECT_EQ(reply.headers.at("content-encoding"), "gzip") << header;
    EXPECT_EQ(reply.headers.at("vary"), "Accept-Encoding");
    EXPECT_LT(reply.body.size(), plain.size() / 2);
    EXPECT_EQ(unzipped(reply.body, plain.size()), plain);
  }
  for (const char* header : {"br", "gzip;q=0", "gzip; q=0.0", "identity", "xgzip"}) {
    const Reply reply = server.get(kScript, "Accept-Encoding: " + std::string(header) + "\r\n");
    EXPECT_FALSE(reply.headers.contains("content-encoding")) << header;
    EXPECT_EQ(reply.body, plain) << header;
  }
}

TEST(Dashboard, WhoHasItIsTold304) {
  TestServer server;
  const std::string tag = server.get(kScript).headers.at("etag");
  const std::string zipped = server.get(kScript, "Accept-Encoding: gzip\r\n").headers.at("etag");
  EXPECT_NE(tag, zipped);
  for (const std::string& tags : {tag, zipped, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    TestClient client = server.connect();
    client.get(kScript, "If-None-Match: " + tags + "\r\n");
    const Reply reply = client.read_head();
    EXPECT_EQ(reply.status, 304) << tags;
    EXPECT_EQ(reply.headers.at("etag"), tag);
    EXPECT_FALSE(reply.headers.contains("content-length"));
    client.get("/health");  // the connection is where it should be
    EXPECT_EQ(client.read().status, 200);
  }
  for (const char* tags : {"\"other\"", "\"", "", "nonsense"}) {
    EXPECT_EQ(server.get(kScript, "If-None-Match: " + std::string(tags) + "\r\n").status, 200)
        << tags;
  }
}

TEST(Dashboard, HeadSaysWhatGetWouldSend) {
  TestServer server;
  TestClient client = server.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply reply = client.read(true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-length"), std::to_string(asset("/").plain.size()));
  client.get("/health");
  EXPECT_EQ(client.read().status, 200);
}

TEST(Dashboard, OnlyReadingIsAllowed) {
  TestServer server;
  const Reply reply = server.post("/", "{}");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers.at("allow"), "GET, HEAD, OPTIONS");
}

}  // namespace
}  // namespace pincer::test
