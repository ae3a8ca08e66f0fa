#include "service/control/control_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "base/json.hpp"

namespace tend::service {
namespace {

using testing::HasSubstr;

ServiceStatus full_status() {
  return {.name = "web.1",
          .kind = "service",
          .state = "backoff",
          .ready = false,
          .wanted = true,
          .pid = 4711,
          .since_realtime_ns = 1'700'000'000'250'000'000,
          .uptime_ms = 12,
          .run = 7,
          .restarts = 3,
          .last_exit = LastExit{.how = "dumped", .signal = "SIGSEGV", .text = "killed"},
          .next_attempt_ms = 1500,
          .reason = "exited with \"3\"\n",
          .waiting_for = {"db", "cache"},
          .leftovers = {12, 13},
          .status_text = "caf\xc3\xa9",
          .tree = "cgroup",
          .log = "/var/log/tend/shop/web.1.log",
          .log_bytes_dropped = 1ULL << 40U};
}

std::string problem_of(std::string_view line) {
  const auto request = parse_request(line);
  return request ? "accepted" : request.error().message();
}

TEST(ControlMessage, requests_survive_the_way_there) {
  const Request requests[] = {
      {.verb = Verb::status},
      {.verb = Verb::start, .names = {"web", "db.2", "a@b-c_d"}, .wait_ms = 0},
      {.verb = Verb::stop, .names = {"web"}, .wait_ms = 1'500},
      {.verb = Verb::restart},
      {.verb = Verb::down},
      {.verb = Verb::hurry},
      {.verb = Verb::watch},
  };
  for (const Request& request : requests) {
    const auto read = parse_request(to_line(request));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, request);
  }
}

TEST(ControlMessage, replies_survive_the_way_back) {
  const Reply replies[] = {
      full_status(),
      ServiceStatus{.name = "bare"},
      ProjectStatus{.name = "shop", .keeper_pid = 1, .director_starts = 2, .unclaimed = {5, 6}},
      Occurrence{.realtime_ns = -1, .name = "web", .state = "up", .text = "ready", .is_bad = true},
      Progress{.text = "waiting for web", .waiting_for = {"web"}},
      Done{.code = 1, .message = "web: exited with 3\ndb: not ready"},
      Done{},
  };
  for (const Reply& reply : replies) {
    const std::string line = to_line(reply);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto read = parse_reply(line);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, reply);
  }
}

TEST(ControlMessage, a_mistyped_key_never_means_all_services) {
  EXPECT_EQ(problem_of(R"({"verb":"stop","nams":["web"]})"), "read request: unknown key \"nams\"");
}

TEST(ControlMessage, requests_that_make_no_sense_are_refused_with_a_reason) {
  EXPECT_THAT(problem_of(""), HasSubstr("read request"));
  EXPECT_THAT(problem_of("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(problem_of("{}"), HasSubstr("unknown verb \"\""));
  EXPECT_THAT(problem_of(R"({"verb":"explode"})"), HasSubstr("unknown verb \"explode\""));
  EXPECT_THAT(problem_of(R"({"verb":1})"), HasSubstr("\"verb\" has the wrong type"));
  EXPECT_THAT(problem_of(R"({"verb":"stop","names":"web"})"), HasSubstr("wrong type"));
  EXPECT_THAT(problem_of(R"({"verb":"stop","names":[1]})"), HasSubstr("wrong type"));
  EXPECT_THAT(problem_of(R"({"verb":"stop","verb":"status"})"), HasSubstr("comes twice"));
  EXPECT_THAT(problem_of(R"({"verb":"stop","wait_ms":-1})"), HasSubstr("negative"));
  EXPECT_THAT(problem_of(R"({"verb":"stop","wait_ms":1e30})"), HasSubstr("wrong type"));
  EXPECT_THAT(problem_of(std::string(100'000, ' ')), HasSubstr("longer than"));
  EXPECT_THAT(problem_of(R"({"verb":)" + std::string(50, '[') + std::string(50, ']') + "}"),
              HasSubstr("nested"));
}

TEST(ControlMessage, names_cannot_lead_anywhere) {
  for (const char* name : {"", "../x", ".hidden", "-x", "a/b", "a b", "a\\u0000b", "\\u001b[2J"}) {
    EXPECT_THAT(problem_of(std::string(R"({"verb":"stop","names":[")") + name + R"("]})"),
                HasSubstr("is not a name"))
        << name;
  }
  EXPECT_THAT(problem_of(R"({"verb":"stop","names":[")" + std::string(81, 'a') + R"("]})"),
              HasSubstr("is not a name"));
}

TEST(ControlMessage, a_reply_of_a_neighbouring_version_is_understood) {
  const auto read = parse_reply(R"({"type":"service","name":"web","pid":null,"new_key":[1]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ServiceStatus>(*read), ServiceStatus{.name = "web"});
}

TEST(ControlMessage, replies_that_make_no_sense_are_errors) {
  for (const char* line :
       {"", "7", "{}", R"({"type":"x"})", R"({"type":"done","code":"1"})",
        R"({"type":"done","code":99999999999})", R"({"type":"service","last_exit":3})",
        R"({"type":"service","leftovers":["x"]})"}) {
    EXPECT_FALSE(parse_reply(line)) << line;
  }
}

TEST(ControlMessage, bytes_that_are_no_text_still_make_a_line) {
  const auto read = parse_reply(to_line(ServiceStatus{.name = "web", .status_text = "\xff\xfe"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<ServiceStatus>(*read).status_text, "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(StatusJson, has_the_promised_keys_in_order_and_null_for_what_is_absent) {
  EXPECT_THAT(status_json(ServiceStatus{.name = "web", .state = "stopped"}),
              testing::StartsWith(
                  R"({"name":"web","state":"stopped","ready":false,"pid":null,"since":null,)"
                  R"("uptime_ms":null,"restarts":0,"last_exit":null,"reason":null,"tree":null,)"));
  EXPECT_THAT(
      status_json(full_status()),
      testing::StartsWith(
          R"({"name":"web.1","state":"backoff","ready":false,"pid":4711,)"
          R"("since":"2023-11-14T22:13:20.250Z","uptime_ms":12,"restarts":3,"last_exit":)"
          R"({"signal":"SIGSEGV","core":true,"text":"killed"},"reason":"exited with \"3\"\n",)"
          R"("tree":"cgroup",)"));
}

TEST(StatusJson, says_plainly_when_nobody_knows_how_it_ended) {
  EXPECT_THAT(status_json(ServiceStatus{.last_exit = LastExit{.how = "unknown", .text = "?"}}),
              HasSubstr(R"("last_exit":{"unknown":true})"));
  EXPECT_THAT(status_json(ServiceStatus{.last_exit = LastExit{.how = "exited", .code = 3}}),
              HasSubstr(R"("last_exit":{"code":3,)"));
  EXPECT_THAT(status_json(ServiceStatus{.last_exit = LastExit{.how = "not started"}}),
              HasSubstr(R"("last_exit":{"not_started":true,)"));
}

TEST(ControlMessage, an_upgrade_names_both_programs_by_absolute_paths) {
  const Request request{.verb = Verb::upgrade, .tend = "/opt/tend", .keeper = "/opt/tend-keeper"};
  const auto read = parse_request(to_line(request));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, request);
  EXPECT_FALSE(parse_request(R"({"verb":"upgrade","tend":"/opt/tend"})"));
  EXPECT_FALSE(parse_request(R"({"verb":"upgrade","tend":"tend","keeper":"/opt/tend-keeper"})"));
}

}  // namespace
}  // namespace tend::service
