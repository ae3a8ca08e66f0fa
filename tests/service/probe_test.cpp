#include "service/director/probe.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/pipe.hpp"
#include "os/tcp_socket.hpp"
#include "service/director/attempt_schedule.hpp"
#include "service/probe_fixture.hpp"

namespace tend::service {
namespace {

using namespace std::chrono_literals;
using test::ProbeTest;
using testing::HasSubstr;
using testing::StartsWith;

/// A listening socket of a test, on a port of the kernel's choice; it answers what the test says.
class Server {
 public:
  explicit Server(int family = AF_INET) : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr = in6addr_loopback;
    }
    const socklen_t bound = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    is_there_ = ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), bound) == 0;
    socklen_t length = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in*>(&address)->sin_port
                                    : reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
    static_cast<void>(os::set_nonblocking(socket_));
  }

  void listen() { ASSERT_EQ(::listen(socket_.get(), 64), 0); }

  [[nodiscard]] bool is_there() const { return is_there_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string endpoint() const { return os::endpoint_text("127.0.0.1", port_); }

  /// The next connection, if one waits.
  std::optional<os::Fd> accept() {
    const int number = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return number < 0 ? std::nullopt : std::optional<os::Fd>(number);
  }

 private:
  os::Fd socket_;
  std::uint16_t port_ = 0;
  bool is_there_ = false;
};

std::string read_all(const os::Fd& socket) {
  char buffer[4096];
  const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
  return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

void write_text(const os::Fd& socket, std::string_view text) {
  static_cast<void>(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL));
}

// --- tcp -----------------------------------------------------------------------------------------

TEST_F(ProbeTest, tcp_is_ready_when_somebody_listens) {
  Server server;
  start({.means = ReadyMeans::tcp, .host = "127.0.0.1", .port = server.port(), .every = 10ms});
  until_problem("connection refused by " + server.endpoint());
  EXPECT_EQ(ready_, 0);
  server.listen();
  until([&] { return ready_ == 1; });
  EXPECT_GE(probe_->attempts(), 2U);
  expect_idle();
}

TEST_F(ProbeTest, tcp_speaks_ipv6) {
  Server server(AF_INET6);
  if (!server.is_there()) {
    GTEST_SKIP() << "no IPv6 here";
  }
  start({.means = ReadyMeans::tcp, .host = "::1", .port = server.port(), .every = 10ms});
  until_problem("connection refused by [::1]:" + std::to_string(server.port()));
  server.listen();
  until([&] { return ready_ == 1; });
}

TEST_F(ProbeTest, tcp_waits_between_attempts) {
  const Server server;
  start({.means = ReadyMeans::tcp, .host = "127.0.0.1", .port = server.port(), .every = 1h});
  until([&] { return !probe_->last_problem().empty(); });
  settle();
  EXPECT_EQ(probe_->attempts(), 1U);
  pass(59min);
  EXPECT_EQ(probe_->attempts(), 1U);
  pass(2min);
  until([&] { return probe_->attempts() == 2; });
}

TEST_F(ProbeTest, tcp_gives_an_attempt_up_after_five_seconds) {
  start({.means = ReadyMeans::tcp, .host = "192.0.2.1", .port = 9, .every = 10ms});  // TEST-NET-1
  settle();
  if (!probe_->last_problem().empty()) {
    GTEST_SKIP() << "this network answers for 192.0.2.1: " << probe_->last_problem();
  }
  pass(4900ms);
  EXPECT_EQ(probe_->last_problem(), "");
  pass(200ms);
  EXPECT_EQ(probe_->last_problem(), "no answer from 192.0.2.1:9 within 5s");
  until([&] { return probe_->attempts() >= 2; });
}

TEST_F(ProbeTest, tcp_says_what_is_no_address) {
  start({.means = ReadyMeans::tcp, .host = "localhost", .port = 80, .every = 10ms});
  EXPECT_THAT(probe_->last_problem(), HasSubstr("not an IP address"));
  until([&] { return probe_->attempts() >= 3; });
}

// --- http ----------------------------------------------------------------------------------------

class HttpProbeTest : public ProbeTest {
 protected:
  HttpProbeTest() { server_.listen(); }

  void ask(milliseconds every = 10ms) {
    start({.means = ReadyMeans::http,
           .host = "127.0.0.1",
           .port = server_.port(),
           .http_host = "demo.test",
           .path = "/health",
           .every = every});
  }

  /// The next connection, with its request read.
  os::Fd next() {
    std::optional<os::Fd> connection;
    std::string request;
    until([&] {
      if (!connection) {
        connection = server_.accept();
      }
      if (connection) {
        request += read_all(*connection);
      }
      return request.ends_with("\r\n\r\n");
    });
    EXPECT_THAT(request, StartsWith("GET /health HTTP/1.1\r\nHost: demo.test\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nConnection: close\r\n"));
    return connection ? *std::move(connection) : os::Fd();
  }

  Server server_{};
};

TEST_F(HttpProbeTest, a_200_is_ready) {
  ask();
  const os::Fd connection = next();
  write_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  until([&] { return ready_ == 1; });
  expect_idle();
}

TEST_F(HttpProbeTest, a_503_is_not_and_the_next_attempt_may_be) {
  ask();
  write_text(next(), "HTTP/1.1 503 Service Unavailable\r\n\r\n");
  until_problem("HTTP 503");
  write_text(next(), "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n");
  until([&] { return ready_ == 1; });
}

TEST_F(HttpProbeTest, an_answer_may_come_byte_by_byte) {
  ask();
  const os::Fd connection = next();
  for (const char byte : std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204 No Content\r\n")) {
    EXPECT_EQ(ready_, 0);
    write_text(connection, std::string_view(&byte, 1));
    settle();
  }
  until([&] { return ready_ == 1; });
}

TEST_F(HttpProbeTest, a_silent_server_is_given_up_after_five_seconds) {
  ask();
  const os::Fd connection = next();
  write_text(connection, "HTTP/1.1 2");
  settle();
  pass(5001ms);
  EXPECT_EQ(probe_->last_problem(), "no HTTP answer from " + server_.endpoint() + " within 5s");
  write_text(next(), "HTTP/1.1 200 OK\r\n\r\n");
  until([&] { return ready_ == 1; });
}

TEST_F(HttpProbeTest, says_what_was_wrong_with_the_answer) {
  ask();
  write_text(next(), "SSH-2.0-OpenSSH_9.2\r\n");
  until_problem("what " + server_.endpoint() + " answers is not HTTP");
  next().reset();
  until_problem(server_.endpoint() + " closed the connection without an HTTP answer");
  write_text(next(), std::string(100'000, 'H'));
  until_problem("what " + server_.endpoint() + " answers is not HTTP");
}

// --- fd and delay --------------------------------------------------------------------------------

class LineProbeTest : public ProbeTest {
 protected:
  LineProbeTest() {
    auto pipe = os::make_pipe();
    EXPECT_TRUE(pipe);
    write_ = std::move(pipe->write);
    start({.means = ReadyMeans::fd, .fd = 4}, std::move(pipe->read));
  }

  void say(std::string_view text) {
    ASSERT_EQ(::write(write_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  os::Fd write_{};
};

TEST_F(LineProbeTest, a_newline_is_ready_whatever_comes_before_it) {
  say("starting");
  say(std::string(2000, '.'));
  settle();
  EXPECT_EQ(ready_, 0);
  say("\n");
  until([&] { return ready_ == 1; });
  say("more\n");
  settle();
  EXPECT_EQ(ready_, 1);
  expect_idle();
}

TEST_F(LineProbeTest, a_newline_counts_though_the_writer_has_closed) {
  say("\n");
  write_.reset();
  until([&] { return ready_ == 1; });
}

TEST_F(LineProbeTest, the_end_without_a_newline_is_never_ready_and_costs_no_turns) {
  say("x");
  write_.reset();
  until_problem("it closed descriptor 4 without a newline");
  expect_idle();
  EXPECT_EQ(ready_, 0);
}

TEST_F(ProbeTest, a_delay_counts_from_the_start_of_the_run) {
  probe_.emplace(loop_, Readiness{.means = ReadyMeans::delay, .delay = 10s},
                 ProbeSurroundings{.spec = spec_, .started = loop_.now() - 7s},
                 [this] { ++ready_; });
  pass(2900ms);
  EXPECT_EQ(ready_, 0);
  pass(200ms);
  EXPECT_EQ(ready_, 1);
  expect_idle();
}

TEST_F(ProbeTest, without_means_it_waits_for_nothing) {
  for (const ReadyMeans means : {ReadyMeans::none, ReadyMeans::notify}) {
    start({.means = means});
    expect_idle();
    EXPECT_EQ(probe_->attempts(), 0U);
  }
}

TEST_F(ProbeTest, may_be_destroyed_by_its_own_callback) {
  Server server;
  server.listen();
  auto probe = std::make_unique<std::optional<Probe>>();
  for (const Readiness& readiness :
       {Readiness{.means = ReadyMeans::tcp, .host = "127.0.0.1", .port = server.port()},
        Readiness{.means = ReadyMeans::delay, .delay = 0ms},
        Readiness{.means = ReadyMeans::exec, .exec = {"/bin/true"}}}) {
    bool is_ready = false;
    probe->emplace(loop_, readiness, ProbeSurroundings{.spec = spec_, .started = loop_.now()}, [&] {
      probe->reset();
      is_ready = true;
    });
    until([&] { return is_ready; });
    expect_idle();
  }
}

TEST_F(ProbeTest, may_be_stopped_at_any_time) {
  Server server;
  for (int turns = 0; turns < 6; ++turns) {
    start({.means = ReadyMeans::http, .host = "127.0.0.1", .port = server.port(), .every = 10ms});
    for (int turn = 0; turn < turns; ++turn) {
      ASSERT_TRUE(loop_.run_once(1ms));
    }
    probe_.reset();
    expect_idle();
    if (turns == 2) {
      server.listen();
    }
  }
}

// --- schedule ------------------------------------------------------------------------------------

TEST(AttemptSchedule, an_attempt_takes_at_most_five_seconds_and_at_least_something) {
  EXPECT_EQ(attempt_limit({.timeout = 60s}), 5s);
  EXPECT_EQ(attempt_limit({.timeout = 300ms}), 300ms);
  EXPECT_EQ(attempt_limit({.timeout = 0ms}), 1ms);
  EXPECT_EQ(attempt_pause({.every = 250ms}), 250ms);
  EXPECT_EQ(attempt_pause({.every = 0ms}), 10ms);
}

}  // namespace
}  // namespace tend::service
