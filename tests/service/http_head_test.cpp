#include "service/director/http_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tend::service {
namespace {

using State = HttpHead::State;

HttpHead answer(int status) { return {.state = State::complete, .status = status}; }
const HttpHead partial{.state = State::partial};
const HttpHead malformed{.state = State::malformed};

TEST(HttpHead, the_status_line_is_the_answer) {
  EXPECT_EQ(read_http_head("HTTP/1.1 200 OK\r\n"), answer(200));
  EXPECT_EQ(read_http_head("HTTP/1.0 503 Service Unavailable\r\nX: y\r\n\r\nbody"), answer(503));
  EXPECT_EQ(read_http_head("HTTP/1.1 204 \r\n\r\n"), answer(204));
  EXPECT_EQ(read_http_head("HTTP/1.1 204\r\n"), answer(204));
  EXPECT_EQ(read_http_head("HTTP/1.1 301\n"), answer(301));
  EXPECT_EQ(read_http_head("HTTP/1.1 200 \xff\x01 what\r\n"), answer(200));
}

TEST(HttpHead, every_prefix_of_an_answer_is_partial) {
  const std::string line = "HTTP/1.1 200 OK\r\n";
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_EQ(read_http_head(line.substr(0, length)), partial) << length;
  }
}

TEST(HttpHead, interim_answers_are_passed_over_except_the_one_that_ends_http) {
  const std::string hints =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  EXPECT_EQ(read_http_head(hints), partial);
  EXPECT_EQ(read_http_head(hints + "HTTP/1.1 404 No\r\n"), answer(404));
  EXPECT_EQ(read_http_head("HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05"), answer(101));
}

TEST(HttpHead, what_is_not_http_is_told_early) {
  for (const char* text :
       {"SSH-2.0-OpenSSH", "HTTP/2 200 OK\r\n", "http/1.1 200 OK\r\n", "\r\n",
        "HTTP/1.x 200 OK\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1 099 X\r\n", "HTTP/1.1 600 X\r\n", "HTTP/1.1\r\n",
        "HTTP/1.1 -10\r\n", "HTTP/1.1 100 Continue\r\n\r\njunk"}) {
    EXPECT_EQ(read_http_head(text), malformed) << text;
  }
}

TEST(HttpHead, four_kibibytes_are_enough) {
  const std::string endless = "HTTP/1.1 200 " + std::string(http_head_bytes_max, 'x');
  EXPECT_EQ(read_http_head(endless), malformed);
  EXPECT_EQ(read_http_head(endless + "\r\n"), malformed);
  std::string interim;
  while (interim.size() < http_head_bytes_max) {
    interim += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  EXPECT_EQ(read_http_head(interim), malformed);
}

TEST(HttpHead, twos_and_threes_are_success) {
  for (const int status : {200, 204, 299, 301, 399}) {
    EXPECT_TRUE(is_http_success(status)) << status;
  }
  for (const int status : {0, 101, 199, 400, 404, 500, 599}) {
    EXPECT_FALSE(is_http_success(status)) << status;
  }
}

TEST(HttpGet, names_host_and_path_and_asks_to_close) {
  EXPECT_EQ(http_get("example.org:8080", "/health?full=1"),
            "GET /health?full=1 HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: tend\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(http_get("x", "").starts_with("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(http_get("x", "?a").starts_with("GET /?a HTTP/1.1\r\n"));
}

TEST(HttpGet, nothing_can_be_added_to_the_request) {
  EXPECT_TRUE(http_get("x\r\nEvil: 1", "/a b\r\nEvil: 2\x7f\xc3")
                  .starts_with("GET /a%20b%0D%0AEvil:%202%7F%C3 HTTP/1.1\r\nHost: xEvil:1\r\n"));
}

}  // namespace
}  // namespace tend::service
