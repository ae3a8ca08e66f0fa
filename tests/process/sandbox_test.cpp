// The same tests once more under seccomp filters that refuse what spawning would like to use. This
// binary runs itself; without threads, which glibc cannot make when clone3 is answered with EPERM.

#include <gmock/gmock.h>

#include <cerrno>
#include <cstdlib>

#include "os/files.hpp"
#include "os/spawn_means.hpp"
#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

// Each level-1 case that needs no thread and no privilege (the filter comes with no_new_privs).
constexpr const char* single_threaded_cases =
    "spawn/SpawnErrors.*/level_1:spawn/Attributes.*/level_1:spawn/Descriptors.*/level_1:"
    "spawn/Signals.*/level_1:Capture.*:KillTree.*:Stop.*:Means.*"
    "-*thread*:*reader*:*no_new_privileges*:*grandchild_that_keeps_the_pipe*:*thousand*:*storm*:*"
    "megabytes*";

void run_suite_denied(const char* calls, int code) {
  const auto output =
      Command(program("deny"))
          .args({calls, std::to_string(code), os::read_link("/proc/self/exe").value()})
          .arg(std::string("--gtest_filter=") + single_threaded_cases)
          .env("TEND_TEST_NO_THREADS", "1")
          .env("TEND_TEST_DENIED", calls)
          .env("TEND_TEST_WATCHDOG_S", "0")
          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_TRUE(output->status.success()) << output->out << output->err;
}

TEST(Means, are_found_by_trying) {
  const char* denied = std::getenv("TEND_TEST_DENIED");
  ::unsetenv("TEND_SPAWN_LEVEL");
  os::forget_spawn_means();
  const os::SpawnMeans means = os::spawn_means();
  EXPECT_TRUE(means.suspends_parent);
  const bool has_clone3 = denied == nullptr || std::string_view(denied) != "clone3";
  EXPECT_EQ(means.has_clone3, has_clone3);
  EXPECT_EQ(means.level,
            has_clone3 ? os::SpawnLevel::shared_memory : os::SpawnLevel::copied_memory);
}

TEST(Sandbox, clone3_that_is_not_implemented) { run_suite_denied("clone3", ENOSYS); }

TEST(Sandbox, clone3_that_is_not_permitted) { run_suite_denied("clone3", EPERM); }

TEST(Sandbox, close_range_that_is_not_permitted) { run_suite_denied("close_range", EPERM); }

TEST(Sandbox, own_memory_that_cannot_be_read_through_the_kernel) {
  run_suite_denied("process_vm_readv", EPERM);
}

}  // namespace
}  // namespace tend::test
