#include "service/control/control_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "service/control_fixture.hpp"

namespace tend::service {
namespace {

using namespace std::chrono_literals;
using test::Caller;
using test::ControlServerTest;
using test::status_request;

TEST_F(ControlServerTest, answers_a_request_and_closes_after_done) {
  handler_.answer = [this](ClientId client) {
    server_->send(client, ServiceStatus{.name = "web"});
    server_->finish(client, Done{.code = 3});
  };
  Caller caller(path_);
  caller.send(status_request + "\n");
  until([&] { return caller.has_ended(); });

  ASSERT_EQ(handler_.requests.size(), 1U);
  EXPECT_EQ(handler_.requests[0], Request{.verb = Verb::status});
  const auto replies = caller.replies();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(std::get<ServiceStatus>(replies[0]).name, "web");
  EXPECT_EQ(std::get<Done>(replies[1]).code, 3);
  EXPECT_EQ(server_->client_count(), 0U);
  EXPECT_TRUE(handler_.gone.empty()) << "a finished client is not gone";
}

TEST_F(ControlServerTest, a_request_may_come_byte_by_byte) {
  Caller caller(path_);
  for (const char byte : status_request + "\n") {
    EXPECT_TRUE(handler_.requests.empty());
    ASSERT_EQ(caller.send(std::string_view(&byte, 1)), 1U);
    settle();
  }
  until([&] { return handler_.requests.size() == 1; });
}

TEST_F(ControlServerTest, a_client_that_half_closes_still_gets_its_answer) {
  Caller caller(path_);
  caller.send(status_request);  // Without a newline: the end of the stream ends the line.
  caller.half_close();
  until([&] { return handler_.requests.size() == 1; });
  settle();
  EXPECT_TRUE(handler_.gone.empty());

  server_->send(handler_.clients[0], Progress{.text = "still at it"});
  server_->finish(handler_.clients[0], Done{});
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.replies().size(), 2U);
  EXPECT_EQ(caller.done().code, 0);
}

TEST_F(ControlServerTest, a_half_closed_watcher_costs_no_turns) {
  Caller caller(path_);
  caller.send(R"({"verb":"watch"})"
              "\n"
              "and more that nobody asked for");
  caller.half_close();
  until([&] { return handler_.requests.size() == 1; });
  settle();
  EXPECT_EQ(loop_.run_once(0ms).value_or(99), 0U);
}

TEST_F(ControlServerTest, what_is_no_request_gets_a_done_that_says_so) {
  for (const std::string_view line :
       {"hello", "{", "[]", "", "{\"verb\":\"fly\"}", "\xff\xfe", "null"}) {
    Caller caller(path_);
    caller.send(std::string(line) + "\n");
    until([&] { return caller.has_ended(); });
    EXPECT_EQ(caller.done().code, 1) << line;
    EXPECT_FALSE(caller.done().message.empty()) << line;
  }
  EXPECT_TRUE(handler_.requests.empty());
  EXPECT_TRUE(handler_.gone.empty());
  EXPECT_EQ(server_->client_count(), 0U);
}

TEST_F(ControlServerTest, after_the_request_there_is_no_idle_limit) {
  Caller caller(path_);
  caller.send(R"({"verb":"watch"})"
              "\n");
  until([&] { return handler_.requests.size() == 1; });
  pass(24h);
  EXPECT_FALSE(caller.has_ended());
  server_->finish(handler_.clients[0], Done{});
  until([&] { return caller.has_ended(); });
}

TEST_F(ControlServerTest, a_long_answer_is_made_as_fast_as_it_is_read) {
  constexpr int lines = 10'000;
  int made = 0;
  handler_.answer = [&](ClientId client) {
    server_->stream(client, [&made]() -> std::optional<Reply> {
      if (made == lines) {
        return Done{};
      }
      return ServiceStatus{.name = "service-" + std::to_string(++made)};
    });
  };
  Caller caller(path_);
  caller.send(status_request + "\n");
  until([&] { return made > 0; });
  settle();
  EXPECT_LT(made, lines / 2) << "nothing was read yet";
  EXPECT_TRUE(server_->has_output());

  until([&] { return caller.has_ended(); });
  const auto replies = caller.replies();
  ASSERT_EQ(replies.size(), lines + 1U);
  EXPECT_EQ(std::get<ServiceStatus>(replies[lines - 1]).name, "service-10000");
  EXPECT_EQ(caller.done().code, 0);
}

TEST_F(ControlServerTest, a_stream_may_end_without_ending_the_connection) {
  handler_.answer = [&](ClientId client) {
    server_->stream(client, [left = 3]() mutable -> std::optional<Reply> {
      return left-- > 0 ? std::optional<Reply>(Progress{.text = "x"}) : std::nullopt;
    });
  };
  Caller caller(path_);
  caller.send(R"({"verb":"watch"})"
              "\n");
  until([&] { return caller.replies().size() == 3; });
  settle();
  EXPECT_FALSE(caller.has_ended());
  EXPECT_FALSE(server_->has_output());
  server_->send(handler_.clients[0], Progress{.text = "y"});
  until([&] { return caller.replies().size() == 4; });
}

TEST_F(ControlServerTest, a_source_may_finish_its_own_client) {
  handler_.answer = [&](ClientId client) {
    server_->stream(client, [this, client]() -> std::optional<Reply> {
      server_->finish(client, Done{.code = 4});
      return Progress{.text = "too late"};
    });
  };
  Caller caller(path_);
  caller.send(status_request + "\n");
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.replies().size(), 1U);
  EXPECT_EQ(caller.done().code, 4);
}

TEST_F(ControlServerTest, what_is_sent_to_a_finished_or_unknown_client_reaches_nobody) {
  handler_.answer = [this](ClientId client) {
    server_->finish(client, Done{.code = 1});
    server_->finish(client, Done{.code = 2});
    server_->send(client, Progress{});
    server_->stream(client, []() -> std::optional<Reply> { return Progress{}; });
    server_->send(ClientId{999}, Progress{});
  };
  Caller caller(path_);
  caller.send(status_request + "\n");
  until([&] { return caller.has_ended(); });
  EXPECT_EQ(caller.replies().size(), 1U);
  server_->send(handler_.clients[0], Progress{});
}

TEST_F(ControlServerTest, a_client_that_dies_within_its_request_leaves_nothing) {
  for (const std::string_view part : {"", "{\"verb\":"}) {
    Caller caller(path_);
    caller.send(part);
    until([&] { return server_->client_count() == 1; });
    caller.hang_up();
    until([&] { return server_->client_count() == 0; });
  }
  EXPECT_TRUE(handler_.requests.empty());
  EXPECT_TRUE(handler_.gone.empty());
}

TEST_F(ControlServerTest, a_whole_request_counts_though_the_client_has_gone) {
  {
    Caller caller(path_);
    caller.send(R"({"verb":"stop","names":["web"]})"
                "\n");
  }
  until([&] { return handler_.gone.size() == 1; });
  ASSERT_EQ(handler_.requests.size(), 1U);
  EXPECT_EQ(handler_.requests[0].verb, Verb::stop);
}

TEST_F(ControlServerTest, a_client_that_dies_during_the_answer_is_told_of) {
  Caller caller(path_);
  caller.send(R"({"verb":"watch"})"
              "\n");
  until([&] { return handler_.requests.size() == 1; });
  caller.hang_up();
  server_->send(handler_.clients[0], Progress{.text = "to nobody"});
  until([&] { return handler_.gone.size() == 1; });
  EXPECT_EQ(server_->client_count(), 0U);
}

TEST_F(ControlServerTest, after_stop_accepting_those_inside_are_served_on) {
  Caller inside(path_);
  inside.send(R"({"verb":"down"})"
              "\n");
  until([&] { return handler_.requests.size() == 1; });
  server_->stop_accepting();
  EXPECT_FALSE(os::connect_unix(path_));
  server_->finish(handler_.clients[0], Done{});
  until([&] { return inside.has_ended(); });
  EXPECT_EQ(inside.done().code, 0);
}

}  // namespace
}  // namespace tend::service
