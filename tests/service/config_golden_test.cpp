// A whole file with fifteen mistakes, and all that is said of it at once.

#include <gtest/gtest.h>

#include <string>

#include "config_lab.hpp"

namespace tend::service::config {
namespace {

constexpr std::string_view file_with_mistakes = R"(name = "my shop"
colour = "blue"

[service.db]
run      = ["redis-server", 7001]
ready    = "notfy"
limits   = { nofile = "1KiB", nproc = [200, 100] }
requires = ["migrat"]

[service.web]
run      = "exec ./server"
requires = ["db", { name = "cache", until = "healthy" }]
ready    = { http = "http://example.org/health", evry = "1s" }
restart  = { when = "always", delay = "5", limit = "100 in 1m" }
stop     = [["TRM", "8s"], ["KILL"]]
umask    = 22

[service.cache]
cwd   = "/var/cache"
after = ["db"]

[task.migrate]
run    = ["./migrate"]
ready  = "notify"
before = ["cache"]
user   = "postgres"

[task.web]
run      = "x"
requires = ["migrate"]
)";

constexpr std::string_view said =
    R"(shop/tend.toml:1:8: the name "my shop" may have only letters, digits and _ . @ -
shop/tend.toml:2:1: unknown key "colour" in the top level
    known keys: name, stop-within, service, task
shop/tend.toml:5:29: each part of run must be a text, not an integer
shop/tend.toml:6:12: ready is "none", "notify", or a table with one of notify, fd, tcp, http, exec, delay, not "notfy"
    did you mean "notify"?
shop/tend.toml:7:23: nofile must be a count or "unlimited", not "1KiB"
shop/tend.toml:7:39: nproc: the soft limit is above the hard one
shop/tend.toml:8:13: requires: there is no service or task "migrat"
    did you mean "migrate"?
shop/tend.toml:12:45: until = "healthy" is not possible yet
    this version has no health checks; "ready" is the furthest
shop/tend.toml:13:21: http: "http://example.org/health": "example.org" is neither an IP address nor localhost; names are not looked up
    such as "http://127.0.0.1:8080/health"
shop/tend.toml:13:50: unknown key "evry" in ready
    did you mean "every"?
shop/tend.toml:14:39: delay: "5": a unit is missing: ms, s, m, h or d
shop/tend.toml:14:52: limit: "100 in 1m" is not of the form "10 in 1m"
    from 1 to 64 ends in a time
shop/tend.toml:15:14: "TRM" is no signal
    such as TERM, INT, QUIT, HUP, USR1 or KILL
shop/tend.toml:16:12: umask must be octal digits in a text, not an integer
    such as "022"
shop/tend.toml:18:10: [service.cache] has no run
    run = ["program", "argument"], or a text for /bin/sh
shop/tend.toml:24:1: a task is never ready, it completes
    those who require a task wait for its end with exit code 0
shop/tend.toml:26:10: there is no user "postgres"
shop/tend.toml:28:7: the name "web" is taken (line 10)
    services and tasks share their names
)";

TEST(ConfigGolden, every_mistake_of_a_file_is_said_at_once) {
  const auto parsed = parse_project(file_with_mistakes, "/srv/app/tend.toml", lab::as_root());
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(problems_text("shop/tend.toml", parsed.error()), said);
}

}  // namespace
}  // namespace tend::service::config
