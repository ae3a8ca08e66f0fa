// Memory that runs out at any allocation: what was asked for fails, and the next time it works as
// if nothing had been. All of this binary is under an operator new that counts.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/config/service_file.hpp"
#include "service/control/request_reader.hpp"
#include "service/director/dependency_graph.hpp"
#include "service/spec_codec.hpp"

namespace {

/// The allocation that fails: the first, the second, ...; 0: none.
thread_local std::size_t allocations_left = 0;

[[gnu::noinline]] void* allocate(std::size_t bytes) {
  if (allocations_left != 0) {
    --allocations_left;
    if (allocations_left == 0) {
      throw std::bad_alloc();
    }
  }
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) { return allocate(bytes); }
[[gnu::noinline]] void* operator new[](std::size_t bytes) { return allocate(bytes); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace tend::service {

namespace {

/// `work` at each of its allocations without memory, and after each of them with memory again: it
/// says what it said before. How many there were.
template <typename Work>
std::size_t fail_at_each_allocation(const Work& work) {
  const auto expected = work();
  for (std::size_t at = 1;; ++at) {
    allocations_left = at;
    try {
      static_cast<void>(work());
    } catch (const std::bad_alloc&) {
      allocations_left = 0;  // As it is where it is told as an error of what was to be done.
    }
    const bool has_failed = std::exchange(allocations_left, 0) == 0;
    EXPECT_TRUE(work() == expected) << "after allocation " << at << " failed";
    if (!has_failed) {
      return at - 1;
    }
  }
}

config::Surroundings surroundings() {
  return {
      .directory = "/srv/app",
      .environment = {"PATH=/bin", "HOME=/root"},
      .find_user = [](std::string_view) -> Result<std::optional<config::User>> {
        return config::User{.name = "www", .uid = 33, .gid = 33, .groups = {33}};
      },
      .find_group = [](std::string_view) -> Result<std::optional<std::uint32_t>> { return 44; },
      .read_env_file = [](const std::string&) -> Result<std::string> { return "A=1\nB='2'\n"; },
  };
}

constexpr std::string_view whole_file = R"(
[service.db]
run = ["/usr/bin/db", "--port", "5432"]
user = "www"
env = { LANG = "C", MODE = "a longer value than fits into a short string" }
ready = { tcp = "127.0.0.1:5432", timeout = "10s" }
stop = [["INT", "2s"], ["TERM", "8s"], ["KILL"]]

[task.migrate]
run = "migrate --all"
requires = ["db"]

[service.web]
run = "exec web"
requires = [{ name = "db", until = "ready", restart = true }, "migrate"]
restart = { when = "always", delay = "100ms", limit = "10 in 1m" }
)";

TEST(OutOfMemory, a_config_is_read_whole_or_not_at_all) {
  ASSERT_TRUE(config::parse_project(whole_file, "/srv/app/tend.toml", surroundings()));
  const std::size_t count = fail_at_each_allocation([] {
    const auto project = config::parse_project(whole_file, "/srv/app/tend.toml", surroundings());
    return project ? encode(*project) : decltype(encode(*project)){};
  });
  EXPECT_GT(count, 100U);
}

TEST(OutOfMemory, a_broken_config_is_refused_with_all_its_problems) {
  static constexpr std::string_view broken = "[service.web]\nrnu = 'x'\nready = 3\n[servic.db]\n";
  const std::size_t count = fail_at_each_allocation([] {
    const auto project = config::parse_project(broken, "/srv/app/tend.toml", surroundings());
    return project ? std::string() : config::problems_text("tend.toml", project.error());
  });
  EXPECT_GT(count, 20U);
}

TEST(OutOfMemory, specs_are_read_back_whole_or_not_at_all) {
  const auto project = config::parse_project(whole_file, "/srv/app/tend.toml", surroundings());
  ASSERT_TRUE(project);
  const auto bytes = encode(*project);
  const std::size_t count = fail_at_each_allocation([&] {
    const auto again = decode(bytes);
    return again && *again == *project &&
           DependencyGraph(*again).with_requirements(std::vector<std::uint32_t>{2}).size() == 3;
  });
  EXPECT_GT(count, 20U);
}

TEST(OutOfMemory, a_request_is_put_together_whole_or_not_at_all) {
  const std::string line =
      R"({"verb":"restart","names":["web","a-service-with-a-long-name","db"]})";
  const std::size_t count = fail_at_each_allocation([&] {
    RequestReader reader(line.size());
    for (const char byte : line) {
      reader.add(std::string_view(&byte, 1));
    }
    reader.end();
    return reader.line() == line;
  });
  EXPECT_GT(count, 2U);
}

}  // namespace

}  // namespace tend::service
