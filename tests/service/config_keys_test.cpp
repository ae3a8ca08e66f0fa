// Each key of a service: what a right value means, and what is said of wrong ones, with the
// position.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

#include "config_lab.hpp"

namespace tend::service::config {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

// --- what right values mean ----------------------------------------------------------------------

TEST(ConfigKeys, a_service_with_only_run_has_the_defaults) {
  const ServiceSpec web = lab::service("");
  ServiceSpec expected;
  expected.name = "web";
  expected.argv = {"/bin/sh", "-c", "x"};
  expected.cwd = "/srv/app";
  expected.env = {"HOME=/root", "PATH=/bin", "USER=root"};
  EXPECT_EQ(web, expected);
  EXPECT_EQ(web.umask, 022U);
  EXPECT_EQ(web.restart.when, RestartWhen::failure);
  EXPECT_EQ(web.stop, (std::vector<StopStage>{{SIGTERM, 8s}, {SIGKILL, 2s}}));
}

TEST(ConfigKeys, run_is_a_list_of_words_or_a_text_for_the_shell) {
  EXPECT_EQ(lab::project("[service.a]\nrun = ['a', 'b c', '']").services[0].argv,
            (Texts{"a", "b c", ""}));
  EXPECT_EQ(lab::project("[service.a]\nrun = 'a $B | c'").services[0].argv,
            (Texts{"/bin/sh", "-c", "a $B | c"}));
}

TEST(ConfigKeys, signs_that_shells_and_others_expand_survive) {
  const auto argv = lab::project(R"([service.a]
run = ["a", "$HOME ${x} %n %%", "it's \"quoted\" \\ #", "é\n"])")
                        .services[0]
                        .argv;
  EXPECT_EQ(argv, (Texts{"a", "$HOME ${x} %n %%", "it's \"quoted\" \\ #", "é\n"}));
}

TEST(ConfigKeys, cwd_starts_at_the_directory_of_the_file) {
  EXPECT_EQ(lab::service("cwd = 'sub/./dir/'").cwd, "/srv/app/sub/dir");
  EXPECT_EQ(lab::service("cwd = '/abs'").cwd, "/abs");
  EXPECT_EQ(lab::service("cwd = '..'").cwd, "/srv/app/..");
  EXPECT_EQ(lab::service("cwd = '/'").cwd, "/");
}

TEST(ConfigKeys, umask_is_octal) {
  EXPECT_EQ(lab::service("umask = '0027'").umask, 027U);
  EXPECT_EQ(lab::service("umask = '0'").umask, 0U);
}

TEST(ConfigKeys, user_brings_its_group_and_groups) {
  const ServiceSpec web = lab::service("user = 'www'");
  EXPECT_EQ(web.identity, (Identity{33, 33, {33, 44}}));
  EXPECT_EQ(web.env, (Texts{"HOME=/var/www", "LOGNAME=www", "PATH=/bin", "SHELL=/usr/sbin/nologin",
                            "USER=www"}));
  EXPECT_EQ(lab::service("user = 33").identity, web.identity);
  EXPECT_EQ(lab::service("user = '33'").identity, web.identity);
  EXPECT_EQ(lab::service("user = 'www'\ngroup = 'video'").identity, (Identity{33, 44, {33, 44}}));
}

TEST(ConfigKeys, a_number_without_an_entry_is_a_user_if_the_group_is_said) {
  EXPECT_EQ(lab::service("user = 4711\ngroup = 4712").identity, (Identity{4711, 4712, {4712}}));
  EXPECT_EQ(lab::service("group = 'video'").identity, (Identity{0, 44, {44}}));
}

TEST(ConfigKeys, oneself_is_no_change) {
  EXPECT_EQ(lab::service("user = 'self'", lab::as_self()).identity, std::nullopt);
  EXPECT_EQ(lab::service("user = 'self'\ngroup = 'self'", lab::as_self()).identity, std::nullopt);
}

TEST(ConfigKeys, limits_are_soft_and_hard) {
  EXPECT_EQ(
      lab::service("limits = { nofile = 1024, nproc = '100', core = 'unlimited', as = '1GiB', "
                   "memlock = 4096, stack = ['8MiB', 'unlimited'], cpu = '2m', rttime = '5ms' }")
          .limits,
      (std::vector<Limit>{{RLIMIT_AS, 1U << 30U, 1U << 30U},
                          {RLIMIT_CORE, UINT64_MAX, UINT64_MAX},
                          {RLIMIT_CPU, 120, 120},
                          {RLIMIT_MEMLOCK, 4096, 4096},
                          {RLIMIT_NOFILE, 1024, 1024},
                          {RLIMIT_NPROC, 100, 100},
                          {RLIMIT_RTTIME, 5000, 5000},
                          {RLIMIT_STACK, 8U << 20U, UINT64_MAX}}));
}

TEST(ConfigKeys, ready_by_each_means) {
  EXPECT_EQ(lab::service("ready = 'none'").ready, Readiness{});
  EXPECT_EQ(lab::service("ready = 'notify'").ready, (Readiness{.means = ReadyMeans::notify}));
  EXPECT_EQ(lab::service("ready = { notify = true, timeout = '5s' }").ready,
            (Readiness{.means = ReadyMeans::notify, .timeout = 5s}));
  EXPECT_EQ(lab::service("ready = { fd = 3 }").ready,
            (Readiness{.means = ReadyMeans::fd, .fd = 3}));
  EXPECT_EQ(lab::service("ready = { tcp = '127.0.0.1:6379', every = '1s' }").ready,
            (Readiness{.means = ReadyMeans::tcp, .host = "127.0.0.1", .port = 6379, .every = 1s}));
  EXPECT_EQ(lab::service("ready = { tcp = 'localhost:1' }").ready.host, "127.0.0.1");
  EXPECT_EQ(lab::service("ready = { tcp = '[::1]:65535' }").ready.host, "::1");
  EXPECT_EQ(lab::service("ready = { http = 'http://localhost:8080/health?a=b' }").ready,
            (Readiness{.means = ReadyMeans::http,
                       .host = "127.0.0.1",
                       .port = 8080,
                       .http_host = "localhost:8080",
                       .path = "/health?a=b"}));
  EXPECT_EQ(lab::service("ready = { http = 'http://[fe80::1]' }").ready,
            (Readiness{.means = ReadyMeans::http,
                       .host = "fe80::1",
                       .port = 80,
                       .http_host = "[fe80::1]",
                       .path = "/"}));
  EXPECT_EQ(lab::service("ready = { http = 'http://127.0.0.1?q' }").ready.path, "/?q");
  EXPECT_EQ(lab::service("ready = { exec = ['test', '-e', 'f'] }").ready.exec,
            (Texts{"test", "-e", "f"}));
  EXPECT_EQ(lab::service("ready = { exec = 'test -e f' }").ready.exec,
            (Texts{"/bin/sh", "-c", "test -e f"}));
}

TEST(ConfigKeys, a_ready_delay_pushes_the_timeout_out) {
  const Readiness ready = lab::service("ready = { delay = '2m' }").ready;
  EXPECT_EQ(ready.delay, 2min);
  EXPECT_EQ(ready.timeout, 3min);
}

TEST(ConfigKeys, restart_is_a_word_or_a_table) {
  EXPECT_EQ(lab::service("restart = 'always'").restart.when, RestartWhen::always);
  EXPECT_EQ(lab::service("restart = 'never'").restart.when, RestartWhen::never);
  EXPECT_EQ(lab::service("restart = { when = 'always', delay = '1s', factor = 1.5, jitter = 0, "
                         "max-delay = '1m', reset-after = '2m', limit = '64 in 1h', "
                         "cool-down = '3m' }")
                .restart,
            (RestartPolicy{RestartWhen::always, false, 1s, 1.5, 0, 60s, 120s, 64, 3600s, 180s}));
  EXPECT_EQ(lab::service("restart = { delay = '2m' }").restart.max_delay, 2min);
  EXPECT_EQ(lab::service("restart = { factor = 3 }").restart.factor, 3.0);
  EXPECT_TRUE(lab::service("restart = { factor = 3 }").restart.first_at_once);
  EXPECT_FALSE(lab::service("restart = { delay = '100ms' }").restart.first_at_once);
}

TEST(ConfigKeys, the_time_of_the_whole_stop_stands_at_the_top) {
  EXPECT_EQ(lab::project("[service.a]\nrun = 'x'").stop_within, 0s);
  EXPECT_EQ(lab::project("stop-within = '25s'\n[service.a]\nrun = 'x'").stop_within, 25s);
  EXPECT_FALSE(lab::verdict("stop-within = '0s'\n[service.a]\nrun = 'x'").empty());
}

TEST(ConfigKeys, tasks_and_essential_services_are_not_restarted_unless_asked) {
  EXPECT_EQ(lab::project("[task.a]\nrun = 'x'").services[0].restart.when, RestartWhen::never);
  EXPECT_EQ(lab::service("essential = true").restart.when, RestartWhen::never);
  EXPECT_EQ(lab::service("restart = 'failure'\nessential = true").restart.when,
            RestartWhen::failure);
  EXPECT_EQ(lab::project("[task.a]\nrun = 'x'\nrestart = { when = 'failure', limit = '3 in 1m' }")
                .services[0]
                .restart.limit,
            3U);
}

TEST(ConfigKeys, a_stop_ladder_always_ends_in_kill) {
  EXPECT_EQ(lab::service("stop = [['INT', '5s'], ['SIGTERM', '2s'], ['KILL', '1s']]").stop,
            (std::vector<StopStage>{{SIGINT, 5s}, {SIGTERM, 2s}, {SIGKILL, 1s}}));
  EXPECT_EQ(lab::service("stop = [['QUIT', '30s']]").stop,
            (std::vector<StopStage>{{SIGQUIT, 30s}, {SIGKILL, 2s}}));
  EXPECT_EQ(lab::service("stop = [['KILL']]").stop, (std::vector<StopStage>{{SIGKILL, 2s}}));
}

TEST(ConfigKeys, log_has_size_number_and_policy) {
  EXPECT_EQ(lab::service("log = { max-size = '1MiB', keep = 0, policy = 'drop' }").log,
            (LogSpec{1U << 20U, 0, LogPolicy::drop}));
  EXPECT_EQ(lab::service("log = { max-size = 100000 }").log.max_size_bytes, 100'000U);
}

// --- what is said of wrong ones ------------------------------------------------------------------

struct Wrong {
  std::string_view line;  ///< The third line of the file.
  std::string_view said;
};

class ConfigRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigRefuses, the_line) {
  EXPECT_EQ(lab::verdict_of_service(GetParam().line), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, ConfigRefuses,
    testing::Values(
        Wrong{"requirs = []",
              "3:1: unknown key \"requirs\" in [service.web]\n  did you mean \"requires\"?"},
        Wrong{"rn = ''", "3:1: unknown key \"rn\" in [service.web]\n  did you mean \"run\"?"},
        Wrong{"cmd = ''", "3:1: unknown key \"cmd\" in [service.web]\n  did you mean \"cwd\"?"},
        Wrong{"env_file = ''",
              "3:1: unknown key \"env_file\" in [service.web]\n  did you mean \"env-file\"?"},
        Wrong{"schedule = ''",
              "3:1: unknown key \"schedule\" in [service.web]\n  known keys: run, cwd, user, "
              "group, env-clear, "
              "env-file, env, umask, limits, requires, before, after, ready, essential, restart, "
              "stop, log"},
        Wrong{"ready = { fdd = 3, delay = '1s' }",
              "3:11: unknown key \"fdd\" in ready\n  did you mean \"fd\"?"},
        Wrong{"restart = { dealy = '1s' }",
              "3:13: unknown key \"dealy\" in restart\n  did you mean \"delay\"?"},
        Wrong{"log = { size = 1 }",
              "3:9: unknown key \"size\" in log\n  known keys: max-size, keep, policy"},
        Wrong{"limits = { nofiles = 1 }",
              "3:12: unknown key \"nofiles\" in limits\n  did you mean \"nofile\"?"}));

INSTANTIATE_TEST_SUITE_P(
    Run, ConfigRefuses,
    testing::Values(
        Wrong{"cwd = 3", "3:7: cwd must be a text, not an integer"},
        Wrong{"cwd = ''", "3:7: cwd is empty"},
        Wrong{"cwd = '~/x'", "3:7: ~ is not expanded\n  write the whole path"},
        Wrong{"cwd = \"a\\u0000b\"", "3:7: cwd has a NUL character"},
        Wrong{"essential = 'yes'", "3:13: essential must be true or false, not a text"},
        Wrong{"umask = 22",
              "3:9: umask must be octal digits in a text, not an integer\n  such as \"022\""},
        Wrong{"umask = '8'", "3:9: umask: \"8\" is no mask from 000 to 777 in octal digits"},
        Wrong{"umask = '1000'",
              "3:9: umask: \"1000\" is no mask from 000 to 777 in octal digits"}));

INSTANTIATE_TEST_SUITE_P(
    Who, ConfigRefuses,
    testing::Values(
        Wrong{"user = 'nobody-here'", "3:8: there is no user \"nobody-here\""},
        Wrong{"user = true", "3:8: user must be a name or a number, not a boolean"},
        Wrong{"user = ''", "3:8: user is empty"},
        Wrong{"user = -1", "3:8: user must be from 0 to 4294967294"},
        Wrong{
            "user = 4711",
            "3:8: user 4711 is not in the user database, so its group is unknown\n  say group too"},
        Wrong{"user = 'broken'", "3:8: user: look up broken: Input/output error"},
        Wrong{"group = 'nope'", "3:9: there is no group \"nope\""},
        Wrong{"group = []", "3:9: group must be a name or a number, not a list"}));

INSTANTIATE_TEST_SUITE_P(
    Limits, ConfigRefuses,
    testing::Values(
        Wrong{"limits = 5",
              "3:10: limits must be a table, not an integer\n  such as { nofile = 1024 }"},
        Wrong{"limits = { nofile = '1KiB' }",
              "3:21: nofile must be a count or \"unlimited\", not \"1KiB\""},
        Wrong{"limits = { nofile = -1 }",
              "3:21: nofile must be a count or \"unlimited\", not an integer"},
        Wrong{"limits = { as = 'much' }",
              "3:17: as must be a size such as \"64MiB\" or \"unlimited\", not \"much\""},
        Wrong{"limits = { cpu = 10 }",
              "3:18: cpu must be a time such as \"10s\" or \"unlimited\", not an integer"},
        Wrong{"limits = { cpu = '10ms' }",
              "3:18: cpu must be a time such as \"10s\" or \"unlimited\", not \"10ms\""},
        Wrong{"limits = { nofile = [1] }", "3:21: nofile must be one value or [soft, hard]"},
        Wrong{"limits = { nofile = [2, 1] }", "3:21: nofile: the soft limit is above the hard one"},
        Wrong{"limits = { nofile = ['unlimited', 1] }",
              "3:21: nofile: the soft limit is above the hard one"},
        Wrong{"limits = { locks = 1 }",
              "3:12: locks cannot be limited\n  the kernel ignores this limit; tend marks the "
              "processes of a "
              "service with it"}));

INSTANTIATE_TEST_SUITE_P(
    Log, ConfigRefuses,
    testing::Values(
        Wrong{"log = 'x'",
              "3:7: log must be a table, not a text\n  such as { max-size = \"16MiB\", keep = 5 }"},
        Wrong{"log = { max-size = 1 }", "3:20: max-size must be from 4KiB to 1024TiB"},
        Wrong{"log = { max-size = -1 }", "3:20: max-size must not be negative"},
        Wrong{"log = { max-size = '16M' }",
              "3:20: max-size: \"16M\": units are B, KiB, MiB, GiB, TiB, kB, MB, GB and TB"},
        Wrong{"log = { max-size = [] }",
              "3:20: max-size must be a size such as \"64KiB\", not a list"},
        Wrong{"log = { keep = 1001 }", "3:16: keep must be from 0 to 1000"},
        Wrong{"log = { keep = '5' }", "3:16: keep must be an integer, not a text"},
        Wrong{"log = { policy = 'blok' }",
              "3:18: policy must be one of block, drop, not \"blok\"\n  did you mean \"block\"?"}));

INSTANTIATE_TEST_SUITE_P(
    Ready, ConfigRefuses,
    testing::Values(
        Wrong{"ready = 'notfy'",
              "3:9: ready is \"none\", \"notify\", or a table with one of notify, fd, tcp, http, "
              "exec, delay, "
              "not \"notfy\"\n  did you mean \"notify\"?"},
        Wrong{"ready = 5",
              "3:9: ready must be \"none\", \"notify\", or a table with one of notify, fd, tcp, "
              "http, exec, "
              "delay, not an integer"},
        Wrong{"ready = {}",
              "3:9: ready does not say how\n  it is \"none\", \"notify\", or a table with one of "
              "notify, fd, "
              "tcp, http, exec, delay"},
        Wrong{"ready = { fd = 3, tcp = '127.0.0.1:1' }",
              "3:19: tcp is a second means beside fd\n  a service is ready by one means; exec can "
              "combine several"},
        Wrong{"ready = { fd = 2 }", "3:16: fd must be from 3 to 255"},
        Wrong{"ready = { fd = '3' }", "3:16: fd must be an integer, not a text"},
        Wrong{"ready = { notify = false }", "3:20: notify = false says nothing\n  leave ready out"},
        Wrong{"ready = { notify = 1 }", "3:20: notify must be true, not an integer"},
        Wrong{"ready = { exec = [] }", "3:18: exec names no program"},
        Wrong{"ready = { exec = ['a', 1] }",
              "3:24: each part of exec must be a text, not an integer"},
        Wrong{"ready = { delay = 1 }",
              "3:19: delay must be a duration such as \"30s\", not an integer"},
        Wrong{"ready = { delay = '1' }", "3:19: delay: \"1\": a unit is missing: ms, s, m, h or d"},
        Wrong{"ready = { delay = '1s', timeout = '2s' }",
              "3:25: timeout means nothing with delay\n  a service that is alive after the delay "
              "is ready"},
        Wrong{"ready = { fd = 3, timeout = '0s' }", "3:29: timeout must be from 1ms to 365d"},
        Wrong{"ready = { fd = 3, every = '1s' }",
              "3:19: every means nothing with fd\n  it is the pause between two attempts of tcp, "
              "http or exec"},
        Wrong{"ready = { tcp = '127.0.0.1:1', every = '1ms' }",
              "3:40: every must be from 10ms to 365d"},
        Wrong{"ready = { tcp = '127.0.0.1:1', every = '2s', timeout = '2s' }",
              "3:40: every is not shorter than timeout"}));

TEST(ConfigKeys, addresses_are_ip_addresses_with_a_port) {
  const auto said_of_tcp = [](const std::string& address) {
    std::string said = lab::verdict_of_service("ready = { tcp = '" + address + "' }");
    said = said.substr(0, said.find('\n'));
    return said.substr(
        std::min(said.size(), std::string("3:17: tcp: \"\": ").size() + address.size()));
  };
  EXPECT_EQ(said_of_tcp("db:6379"),
            "\"db\" is neither an IP address nor localhost; names are not looked up");
  EXPECT_EQ(said_of_tcp("127.0.0.1"), "the port is missing");
  EXPECT_EQ(said_of_tcp("127.0.0.1:0"), "\"0\" is no port from 1 to 65535");
  EXPECT_EQ(said_of_tcp("127.0.0.1:65536"), "\"65536\" is no port from 1 to 65535");
  EXPECT_EQ(said_of_tcp("127.0.0.1:"), "\"\" is no port from 1 to 65535");
  EXPECT_EQ(said_of_tcp(":80"), "the host is missing");
  EXPECT_EQ(said_of_tcp("::1"), "an IPv6 address stands in brackets: [::1]");
  EXPECT_EQ(said_of_tcp("::1:80"), "an IPv6 address stands in brackets: [::1:80]");
  EXPECT_EQ(said_of_tcp("[::1]"), "the port is missing");
  EXPECT_EQ(said_of_tcp("[::1"), "the bracket is never closed");
  EXPECT_EQ(said_of_tcp("[::1]x:80"), "text behind the bracket");
  EXPECT_EQ(said_of_tcp("[1.2.3.4]:80"), "\"1.2.3.4\" is no IPv6 address");
  EXPECT_EQ(said_of_tcp("256.0.0.1:80"),
            "\"256.0.0.1\" is neither an IP address nor localhost; names are not looked up");
  EXPECT_EQ(said_of_tcp("127..0.1:80"),
            "\"127..0.1\" is neither an IP address nor localhost; names are not looked up");
  EXPECT_EQ(said_of_tcp("01.2.3.4:80"),
            "\"01.2.3.4\" is neither an IP address nor localhost; names are not looked up");
  EXPECT_EQ(said_of_tcp(""), "the host is missing");
  EXPECT_EQ(lab::verdict_of_service("ready = { tcp = 6379 }"),
            "3:17: tcp must be an address, not an integer\n  write \"127.0.0.1:6379\"");
}

TEST(ConfigKeys, ipv6_addresses_are_checked) {
  for (const std::string good : {"::", "::1", "1:2:3:4:5:6:7:8", "1::8", "::ffff:1.2.3.4",
                                 "1:2:3:4:5:6:1.2.3.4", "fe80::1:2", "1:2:3:4:5:6:7::"}) {
    EXPECT_EQ(lab::service("ready = { tcp = '[" + good + "]:1' }").ready.host, good);
  }
  for (const std::string wrong : {"", ":", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
                                  "12345::", "g::", "1.2.3.4::", "::1%eth0", "1:2:3:4:5:6:7:8::"}) {
    EXPECT_NE(lab::verdict_of_service("ready = { tcp = '[" + wrong + "]:1' }"), "good") << wrong;
  }
}

TEST(ConfigKeys, urls_are_plain_http) {
  const auto said_of_http = [](const std::string& url) {
    std::string said = lab::verdict_of_service("ready = { http = '" + url + "' }");
    said = said.substr(0, said.find('\n'));
    return said.substr(
        std::min(said.size(), std::string("3:18: http: \"\": ").size() + url.size()));
  };
  EXPECT_EQ(said_of_http("https://127.0.0.1/"),
            "https is not spoken; ask with exec = [\"curl\", ...]");
  EXPECT_EQ(said_of_http("127.0.0.1:80/x"), "it must begin with http://");
  EXPECT_EQ(said_of_http("http://u:p@127.0.0.1/"), "a user name in the address is not possible");
  EXPECT_EQ(said_of_http("http://127.0.0.1/a b"),
            "the path has a letter that must be written as %XX");
  EXPECT_EQ(said_of_http("http://127.0.0.1/#top"),
            "the path has a letter that must be written as %XX");
  EXPECT_EQ(said_of_http("http:///x"), "the host is missing");
  EXPECT_EQ(said_of_http("http://example.org/"),
            "\"example.org\" is neither an IP address nor localhost; names are not looked up");
}

INSTANTIATE_TEST_SUITE_P(
    Restart, ConfigRefuses,
    testing::Values(
        Wrong{"restart = 'allways'",
              "3:11: restart must be one of always, failure, never, not \"allways\"\n  did you "
              "mean \"always\"?"},
        Wrong{"restart = true",
              "3:11: restart must be always, failure, never, or a table, not a boolean"},
        Wrong{"restart = { when = 'on-failure' }",
              "3:20: when must be one of always, failure, never, not \"on-failure\"\n  did you "
              "mean \"failure\"?"},
        Wrong{"restart = { factor = 0.5 }", "3:22: factor must be from 1 to 100"},
        Wrong{"restart = { factor = nan }", "3:22: factor must be from 1 to 100"},
        Wrong{"restart = { factor = '2' }", "3:22: factor must be a number, not a text"},
        Wrong{"restart = { jitter = 1.5 }", "3:22: jitter must be from 0 to 1"},
        Wrong{"restart = { delay = '1s', max-delay = '500ms' }",
              "3:39: max-delay is shorter than delay (1s)"},
        Wrong{"restart = { limit = 10 }",
              "3:21: limit must be a text such as \"10 in 1m\", not an integer"},
        Wrong{"restart = { limit = '65 in 1m' }",
              "3:21: limit: \"65 in 1m\" is not of the form \"10 in 1m\"\n  from 1 to 64 ends in a "
              "time"},
        Wrong{"restart = { limit = '0 in 1m' }",
              "3:21: limit: \"0 in 1m\" is not of the form \"10 in 1m\"\n  from 1 to 64 ends in a "
              "time"},
        Wrong{"restart = { limit = '3 per 1m' }",
              "3:21: limit: \"3 per 1m\" is not of the form \"10 in 1m\"\n  from 1 to 64 ends in a "
              "time"},
        Wrong{"restart = { limit = '3 in 0s' }",
              "3:21: limit: \"3 in 0s\" is not of the form \"10 in 1m\"\n  from 1 to 64 ends in a "
              "time"},
        Wrong{"restart = { cool-down = '0s' }", "3:25: cool-down must be from 1ms to 365d"},
        Wrong{"restart = { when = 'never', delay = '1s' }",
              "3:29: delay means nothing without restarts\n  say when = \"failure\", or leave it "
              "out"}));

INSTANTIATE_TEST_SUITE_P(
    Stop, ConfigRefuses,
    testing::Values(
        Wrong{"stop = 'TERM'",
              "3:8: stop must be a list of stages, not a text\n  such as [[\"TERM\", \"8s\"], "
              "[\"KILL\"]]"},
        Wrong{
            "stop = []",
            "3:8: stop must have from 1 to 16 stages\n  such as [[\"TERM\", \"8s\"], [\"KILL\"]]"},
        Wrong{"stop = ['TERM', '8s']",
              "3:9: a stage of stop must be a list of a signal and a time, not a text\n  such as "
              "[\"TERM\", \"8s\"]\n"
              "3:17: a stage of stop must be a list of a signal and a time, not a text\n  such as "
              "[\"TERM\", \"8s\"]"},
        Wrong{"stop = [['TRM', '8s']]",
              "3:10: \"TRM\" is no signal\n  such as TERM, INT, QUIT, HUP, USR1 or KILL"},
        Wrong{"stop = [[15, '8s']]",
              "3:10: the signal of a stage must be a name such as \"TERM\", not an integer"},
        Wrong{"stop = [['STOP', '8s']]", "3:10: STOP suspends a process, it does not end it"},
        Wrong{"stop = [['TERM']]",
              "3:9: the stage does not say how long to wait\n  such as [\"TERM\", \"8s\"]"},
        Wrong{"stop = [['TERM', 8]]",
              "3:18: the time of a stage must be a duration such as \"30s\", not an integer"},
        Wrong{"stop = [['KILL'], ['TERM', '1s']]", "3:19: a stage behind KILL is never reached"},
        Wrong{"stop = [['TERM', '1s', 'x']]",
              "3:9: a stage of stop must be a list of a signal and a time, not a list\n  such as "
              "[\"TERM\", \"8s\"]"}));

TEST(ConfigKeys, run_must_be_there_and_name_a_program) {
  EXPECT_EQ(
      lab::verdict("[service.web]"),
      "1:10: [service.web] has no run\n  run = [\"program\", \"argument\"], or a text for /bin/sh");
  EXPECT_EQ(lab::verdict("[service.web]\nrun = []"), "2:7: run names no program");
  EXPECT_EQ(lab::verdict("[service.web]\nrun = ['', 'a']"), "2:7: run names no program");
  EXPECT_EQ(lab::verdict("[service.web]\nrun = '  '"), "2:7: run is empty");
  EXPECT_EQ(lab::verdict("[service.web]\nrun = ['a', 1, true]"),
            "2:13: each part of run must be a text, not an integer\n"
            "2:16: each part of run must be a text, not a boolean");
  EXPECT_EQ(lab::verdict("[service.web]\nrun = 1979-05-27"),
            "2:7: run must be a list of words, or a text for /bin/sh, not a date or time");
  EXPECT_EQ(lab::verdict("[service.web]\nrun = ['" + std::string(200'000, 'a') + "']"),
            "2:8: each part of run is longer than 131071 bytes");
}

TEST(ConfigKeys, only_root_becomes_somebody_else) {
  EXPECT_EQ(lab::verdict_of_service("user = 'www'", lab::as_self()),
            "3:8: only root can run a service as another user\n  tend runs as uid 1000; leave user "
            "out, or "
            "start tend as root");
  EXPECT_EQ(lab::verdict_of_service("group = 'video'", lab::as_self()),
            "3:9: only root can run a service as another group\n  tend runs as gid 1000; leave "
            "group out, or "
            "start tend as root");
}

TEST(ConfigKeys, tasks_have_no_readiness_and_no_end_of_restarts) {
  EXPECT_EQ(lab::verdict("[task.a]\nrun = 'x'\nready = 'notify'"),
            "3:1: a task is never ready, it completes\n  those who require a task wait for its end "
            "with exit "
            "code 0");
  EXPECT_EQ(lab::verdict("[task.a]\nrun = 'x'\nready = 'none'"), "good");
  EXPECT_EQ(
      lab::verdict("[task.a]\nrun = 'x'\nrestart = 'always'"),
      "3:11: a task runs once, so it cannot be restarted always\n  make it a [service...], or say "
      "restart = \"failure\"");
  EXPECT_EQ(
      lab::verdict("[task.a]\nrun = 'x'\nrestart = { delay = '1s' }"),
      "3:13: delay means nothing without restarts\n  say when = \"failure\", or leave it out");
}

}  // namespace
}  // namespace tend::service::config
