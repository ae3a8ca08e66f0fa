#pragma once
// A control server on a loop whose clock the tests move, a handler that remembers, and a client
// that never blocks.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/unix_socket.hpp"
#include "service/control/control_server.hpp"
#include "support/temp_dir.hpp"

namespace tend::service::test {

inline const std::string status_request = R"({"verb":"status"})";

/// Remembers what it was told, and does what a test wants on a request.
class Listener : public ControlServer::Handler {
 public:
  void on_request(ClientId client, const Request& request) override {
    requests.push_back(request);
    clients.push_back(client);
    if (answer) {
      answer(client);
    }
  }
  void on_gone(ClientId client) override { gone.insert(client); }

  std::vector<Request> requests{};
  std::vector<ClientId> clients{};
  std::set<ClientId> gone{};
  std::function<void(ClientId)> answer{};
};

/// The other end of a connection: never blocks.
class Caller {
 public:
  explicit Caller(const std::string& path) {
    auto connected = os::connect_unix(path);
    EXPECT_TRUE(connected) << connected.error().message();
    socket_ = *std::move(connected);
    EXPECT_TRUE(os::set_nonblocking(socket_));
  }

  /// How many bytes the other end had room for; 0 when it is gone.
  std::size_t send(std::string_view bytes) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
  void hang_up() { socket_.reset(); }

  /// Takes what has come; whether the other end has closed.
  bool has_ended() {
    char buffer[65536];
    while (true) {
      const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got > 0) {
        received_.append(buffer, static_cast<std::size_t>(got));
      } else {
        return got == 0 || errno != EAGAIN;
      }
    }
  }

  std::vector<Reply> replies() {
    has_ended();
    std::vector<Reply> parsed;
    std::size_t from = 0;
    for (std::size_t end = 0; (end = received_.find('\n', from)) != std::string::npos;
         from = end + 1) {
      auto reply = parse_reply(std::string_view(received_).substr(from, end - from));
      EXPECT_TRUE(reply) << reply.error().message();
      if (reply) {
        parsed.push_back(*std::move(reply));
      }
    }
    EXPECT_EQ(from, received_.size()) << "the answer ends within a line";
    return parsed;
  }

  /// The Done at the end of the answer.
  Done done() {
    const std::vector<Reply> all = replies();
    if (all.empty() || !std::holds_alternative<Done>(all.back())) {
      ADD_FAILURE() << "no Done after " << all.size() << " replies";
      return {};
    }
    return std::get<Done>(all.back());
  }

 private:
  os::Fd socket_{};
  std::string received_{};
};

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() { serve({}); }

  void serve(ControlLimits limits, std::uint32_t owner = ::geteuid()) {
    server_.reset();
    ::unlink(path_.c_str());
    auto listener = os::listen_unix(path_);
    ASSERT_TRUE(listener) << listener.error().message();
    server_.emplace(loop_, *std::move(listener), owner, handler_, limits);
    ASSERT_TRUE(server_->start());
  }

  /// Turns the loop until the fact is there; the real time bounds only a failing test.
  void until(const std::function<bool()>& fact) {
    const os::Instant limit = os::monotonic_now() + std::chrono::seconds(20);
    while (!fact()) {
      ASSERT_LT(os::monotonic_now(), limit) << "it did not come true";
      ASSERT_TRUE(loop_.run_once(std::chrono::milliseconds(5)));
    }
  }

  /// Turns the loop until it has nothing to do.
  void settle() {
    while (loop_.run_once(std::chrono::milliseconds(0)).value_or(0) != 0) {
    }
  }

  void pass(std::chrono::nanoseconds time) {
    passed_ += time;
    settle();
  }

  tend::test::TempDir directory_{};
  std::string path_ = directory_ / "control";
  std::chrono::nanoseconds passed_{0};
  os::EventLoop loop_ = *os::EventLoop::make([this] { return os::monotonic_now() + passed_; });
  Listener handler_{};
  std::optional<ControlServer> server_{};
};

}  // namespace tend::service::test
