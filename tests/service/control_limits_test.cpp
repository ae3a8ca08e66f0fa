// The control server against clients that are slow, silent, deaf, too many or not allowed, and with
// no descriptors left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "service/control/control_server.hpp"
#include "service/control_fixture.hpp"

namespace tend::service {
namespace {

using namespace std::chrono_literals;
using test::Caller;
using testing::HasSubstr;
using ControlLimits = test::ControlServerTest;
using test::status_request;

TEST_F(ControlLimits, an_endless_line_is_refused_after_64_KiB) {
  Caller caller(path_);
  const std::string much(256 * 1024, 'x');
  std::size_t sent = 0;
  until([&] {
    sent += caller.send(much);
    return caller.has_ended();
  });
  EXPECT_THAT(caller.done().message, HasSubstr("longer than 65536 bytes"));
  EXPECT_LT(sent, 1024U * 1024U);
}

TEST_F(ControlLimits, a_silent_client_is_told_after_ten_seconds) {
  Caller caller(path_);
  until([&] { return server_->client_count() == 1; });
  pass(9s);
  EXPECT_FALSE(caller.has_ended());
  pass(1001ms);
  until([&] { return caller.has_ended(); });
  EXPECT_THAT(caller.done().message, HasSubstr("no whole request came within 10s"));
}

TEST_F(ControlLimits, a_byte_per_second_wins_no_time) {
  Caller caller(path_);
  until([&] { return server_->client_count() == 1; });
  for (int second = 0; second < 11; ++second) {
    caller.send("{");
    settle();
    pass(1s);
  }
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.done().code, 1);
}

TEST_F(ControlLimits, who_never_reads_is_cut_off_at_a_mebibyte_and_finds_a_mark) {
  Caller caller(path_);
  caller.send(R"({"verb":"watch"})"
              "\n");
  until([&] { return handler_.requests.size() == 1; });
  const ClientId client = handler_.clients[0];
  const Occurrence occurrence{.name = "web", .text = std::string(10'000, 'x')};
  for (int count = 0; count < 1000; ++count) {
    server_->send(client, occurrence);
    settle();
  }
  EXPECT_EQ(server_->client_count(), 1U);
  EXPECT_TRUE(server_->has_output());

  until([&] { return caller.has_ended(); });  // It begins to read after all.
  const auto replies = caller.replies();      // Every line is whole.
  EXPECT_LT(replies.size(), 200U);
  EXPECT_THAT(caller.done().message, HasSubstr("cut off"));
  EXPECT_TRUE(handler_.gone.contains(client));
  EXPECT_FALSE(server_->has_output());
}

TEST_F(ControlLimits, who_takes_nothing_for_thirty_seconds_is_closed) {
  Caller caller(path_);
  caller.send(R"({"verb":"watch"})"
              "\n");
  until([&] { return handler_.requests.size() == 1; });
  for (int count = 0; count < 50; ++count) {
    server_->send(handler_.clients[0], Occurrence{.text = std::string(10'000, 'x')});
  }
  settle();
  ASSERT_TRUE(server_->has_output());
  pass(29s);
  EXPECT_EQ(server_->client_count(), 1U);
  pass(2s);
  EXPECT_EQ(server_->client_count(), 0U);
  EXPECT_TRUE(handler_.gone.contains(handler_.clients[0]));
}

TEST_F(ControlLimits, the_sixty_fifth_client_is_told_that_there_are_too_many) {
  std::vector<Caller> silent;
  for (int count = 0; count < 64; ++count) {
    silent.emplace_back(path_);
    settle();
  }
  until([&] { return server_->client_count() == 64; });
  Caller late(path_);
  until([&] { return late.has_ended(); });
  EXPECT_EQ(late.done().code, 1);
  EXPECT_THAT(late.done().message, HasSubstr("64 clients"));

  silent.pop_back();
  until([&] { return server_->client_count() == 63; });
  handler_.answer = [this](ClientId client) { server_->finish(client, Done{}); };
  Caller next(path_);
  next.send(status_request + "\n");
  until([&] { return next.has_ended(); });
  EXPECT_EQ(next.done().code, 0);
}

TEST_F(ControlLimits, slow_and_silent_clients_hold_nobody_up) {
  Caller silent(path_);
  Caller slow(path_);
  slow.send("{");
  Caller deaf(path_);
  deaf.send(R"({"verb":"watch"})"
            "\n");
  until([&] { return handler_.requests.size() == 1; });
  for (int count = 0; count < 60; ++count) {
    server_->send(handler_.clients[0], Occurrence{.text = std::string(10'000, 'x')});
  }
  handler_.answer = [this](ClientId client) { server_->finish(client, Done{}); };
  for (int count = 0; count < 100; ++count) {
    Caller caller(path_);
    caller.send(status_request + "\n");
    until([&] { return caller.has_ended(); });
    EXPECT_EQ(caller.done().code, 0);
  }
  EXPECT_EQ(server_->client_count(), 3U);
}

TEST_F(ControlLimits, another_user_is_refused) {
  if (::geteuid() != 0) {
    serve({}, ::geteuid() + 1);
    Caller caller(path_);
    until([&] { return caller.has_ended(); });
    EXPECT_THAT(caller.done().message, HasSubstr("permission denied"));
    return;
  }
  // Root connects as somebody else; the file modes, which would stop him before, are opened.
  ::chmod(directory_.path().c_str(), 0711);
  ::chmod(path_.c_str(), 0666);
  ASSERT_EQ(::seteuid(65534), 0);
  Caller caller(path_);
  ASSERT_EQ(::seteuid(0), 0);
  caller.send(status_request + "\n");
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.done().code, 1);
  EXPECT_THAT(caller.done().message, HasSubstr("permission denied"));
  EXPECT_THAT(caller.done().message, HasSubstr("uid 65534"));
  EXPECT_TRUE(handler_.requests.empty());
}

TEST_F(ControlLimits, root_is_served_whoever_the_owner_is) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  serve({}, 65534);
  handler_.answer = [this](ClientId client) { server_->finish(client, Done{}); };
  Caller caller(path_);
  caller.send(status_request + "\n");
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.done().code, 0);
}

/// No descriptor can be had as long as this lives.
class Famine {
 public:
  Famine() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~Famine() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Famine(const Famine&) = delete;
  Famine& operator=(const Famine&) = delete;

 private:
  rlimit before_{};
};

TEST_F(ControlLimits, without_descriptors_it_neither_spins_nor_forgets_who_waits) {
  Caller caller(path_);
  caller.send(status_request + "\n");
  {
    const Famine
        famine;  // Also what spares gave back cannot be had: the limit is below all of them.
    ASSERT_TRUE(loop_.run_once(0ms));
    EXPECT_EQ(loop_.run_once(0ms).value_or(99), 0U) << "the listener is still watched";
    pass(101ms);
    EXPECT_EQ(loop_.run_once(0ms).value_or(99), 0U);
    EXPECT_EQ(server_->client_count(), 0U);
  }
  handler_.answer = [this](ClientId client) { server_->finish(client, Done{}); };
  pass(101ms);
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.done().code, 0);
}

/// Opens descriptors until no more can be had.
class Hoard {
 public:
  Hoard() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{.rlim_cur = 128, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
    while (true) {
      os::Fd next(::dup(0));
      if (!next) {
        break;
      }
      held_.push_back(std::move(next));
    }
  }
  ~Hoard() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;

 private:
  rlimit before_{};
  std::vector<os::Fd> held_{};
};

TEST_F(ControlLimits, without_descriptors_the_spare_ones_serve_one_and_tell_the_others) {
  Caller first(path_);
  Caller second(path_);
  Caller third(path_);
  const Hoard hoard;
  settle();  // The first one is let in on the first spare descriptor.
  EXPECT_EQ(server_->client_count(), 1U);
  pass(101ms);
  until([&] { return second.has_ended(); });
  EXPECT_THAT(second.done().message, HasSubstr("no file descriptor left"));
  pass(101ms);
  until([&] { return third.has_ended(); });
  EXPECT_EQ(third.done().code, 1);

  handler_.answer = [this](ClientId client) { server_->finish(client, Done{}); };
  first.send(status_request + "\n");
  until([&] { return first.has_ended(); });
  EXPECT_EQ(first.done().code, 0);
  EXPECT_EQ(server_->client_count(), 0U);
}

TEST_F(ControlLimits, a_thousand_connections_come_and_go) {
  handler_.answer = [this](ClientId client) { server_->finish(client, Done{}); };
  for (int count = 0; count < 1000; ++count) {
    Caller caller(path_);
    if (count % 3 == 0) {
      continue;
    }
    caller.send(count % 3 == 1 ? status_request + "\n" : "junk\n");
    settle();
  }
  until([&] { return server_->client_count() == 0; });
  EXPECT_EQ(loop_.timer_count(), 0U);
  EXPECT_EQ(loop_.watch_count(), 1U);
}

}  // namespace
}  // namespace tend::service
