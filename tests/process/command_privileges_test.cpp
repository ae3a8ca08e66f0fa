// Who the child is and what it may do: capabilities, namespaces, root directory.

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>

#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int cap_chown = 0;
constexpr int cap_kill = 5;
constexpr int cap_net_bind_service = 10;

class Privileges : public EachLevel {
 protected:
  void SetUp() override {
    EachLevel::SetUp();
    if (::geteuid() != 0) {
      GTEST_SKIP() << "needs root";
    }
  }
};

void expect_exactly(const Probe& probe, CapabilitySet wanted) {
  EXPECT_EQ(probe.capabilities.permitted, wanted.bits());
  EXPECT_EQ(probe.capabilities.effective, wanted.bits());
  EXPECT_EQ(probe.capabilities.inheritable, wanted.bits());
  EXPECT_EQ(probe.capabilities.bounding, wanted.bits());
  EXPECT_EQ(probe.capabilities.ambient, wanted.bits());
}

TEST_P(Privileges, kept_capabilities_survive_the_change_of_user) {
  const CapabilitySet kept{cap_kill, cap_net_bind_service};
  const Probe probe = run_probe(probe_command().user(65534, 65534).capabilities(kept));
  EXPECT_THAT(probe.uids, ElementsAre(65534, 65534, 65534));
  EXPECT_THAT(probe.groups, IsEmpty());
  expect_exactly(probe, kept);
}

TEST_P(Privileges, capabilities_of_root_can_be_few_or_none) {
  expect_exactly(run_probe(probe_command().capabilities({cap_chown})), {cap_chown});
  expect_exactly(run_probe(probe_command().capabilities({})), {});
}

TEST_P(Privileges, user_without_kept_capabilities_has_none_that_count) {
  const Probe probe = run_probe(probe_command().user(65534, 65534));
  EXPECT_EQ(probe.capabilities.permitted, 0U);
  EXPECT_EQ(probe.capabilities.effective, 0U);
}

TEST_P(Privileges, capability_that_we_do_not_have_is_named) {
  // Whoever has only one cannot keep another; and cannot drop from the bounding set.
  const auto output =
      Command(program("spawn_as_other")).args({"capabilities", "0"}).user(65534, 65534).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out, "capabilities 1\n");
}

TEST_P(Privileges, parent_stays_dumpable_and_as_capable_as_it_was) {
  const Probe before = run_probe(probe_command());
  static_cast<void>(run_probe(probe_command().user(65534, 65534).capabilities({cap_kill})));
  EXPECT_EQ(run_probe(probe_command()).capabilities.bounding, before.capabilities.bounding);
  EXPECT_EQ(run_probe(probe_command()).capabilities.effective, before.capabilities.effective);
}

std::vector<std::size_t> changed(const std::vector<std::string>& ours,
                                 const std::vector<std::string>& theirs) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < std::min(ours.size(), theirs.size()); ++at) {
    if (ours[at] != theirs[at]) {
      places.push_back(at);
    }
  }
  return places;
}

TEST_P(Privileges, namespaces_are_made_as_asked_and_no_others) {
  const Probe ours = run_probe(probe_command());
  const Probe two =
      run_probe(probe_command().namespaces({.kinds = {Namespace::uts, Namespace::ipc}}));
  EXPECT_THAT(changed(ours.namespaces, two.namespaces), ElementsAre(4, 5));
  const Probe most = run_probe(probe_command().namespaces(
      {.kinds = {Namespace::pid, Namespace::mount, Namespace::net, Namespace::cgroup}}));
  EXPECT_THAT(changed(ours.namespaces, most.namespaces), ElementsAre(1, 2, 3, 6));
  EXPECT_EQ(most.pid, 1);
}

TEST_P(Privileges, root_maps_whole_ranges_of_ids) {
  const Probe probe =
      run_probe(probe_command()
                    .namespaces({.kinds = {Namespace::user},
                                 .users = {{.inside = 0, .outside = 100'000, .count = 1000}},
                                 .groups = {{.inside = 0, .outside = 100'000, .count = 1000}}})
                    .user(7, 8, {9, 10}));
  EXPECT_THAT(probe.uids, ElementsAre(7, 7, 7));
  EXPECT_THAT(probe.gids, ElementsAre(8, 8, 8));
  EXPECT_THAT(probe.groups, ElementsAre(9, 10));
}

TEST_P(Privileges, ordinary_user_is_root_inside_his_own_namespaces) {
  const auto output =
      Command(program("in_namespaces")).arg(program("probe_child")).user(65534, 65533).capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  if (output->out.starts_with("namespaces ")) {
    GTEST_SKIP() << "no user namespaces for ordinary users: " << output->out;
  }
  const Probe probe = parse_probe(output->out);
  EXPECT_THAT(probe.uids, ElementsAre(0, 0, 0));
  EXPECT_THAT(probe.gids, ElementsAre(0, 0, 0));
  EXPECT_EQ(probe.pid, 1);
  EXPECT_NE(probe.capabilities.effective, 0U);
}

TEST_P(Privileges, clocks_of_a_time_namespace_are_set_off) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const Probe ours = run_probe(probe_command());
  const Probe probe = run_probe(probe_command().namespaces(
      {.kinds = {Namespace::time}, .monotonic_offset = 500'000s, .boot_offset = 1'000'000s}));
  EXPECT_THAT(changed(ours.namespaces, probe.namespaces), ElementsAre(7));
  EXPECT_GE(probe.boot_time, now.tv_sec + 1'000'000);
}

TEST_P(Privileges, map_that_cannot_be_is_an_error_and_leaves_nothing) {
  const auto overlapping =
      probe_command()
          .namespaces({.kinds = {Namespace::user},
                       .users = {{.inside = 0, .outside = 0}, {.inside = 0, .outside = 1}}})
          .spawn();
  ASSERT_FALSE(overlapping.has_value());
  EXPECT_EQ(overlapping.error().step, "id_map");
  EXPECT_EQ(overlapping.error().subject, "uid_map");
  EXPECT_EQ(overlapping.error().code, EINVAL);
  const auto unmapped = probe_command()
                            .namespaces({.kinds = {Namespace::user}, .users = {{.count = 1}}})
                            .user(5, 5)
                            .spawn();
  ASSERT_FALSE(unmapped.has_value());
  EXPECT_EQ(probe_command().namespaces({.users = {{.count = 1}}}).spawn().error().code, EINVAL);
}

/// A root directory that holds the probe and nothing else.
std::string root_with_probe(const TempDir& directory) {
  std::filesystem::create_directories(directory.path() / "bin");
  std::filesystem::create_directories(directory.path() / "work");
  std::filesystem::copy(program("probe_child"), directory.path() / "bin/probe");
  ::chmod(directory.path().c_str(), 0755);
  return directory.path();
}

TEST_P(Privileges, root_directory_is_the_programs_whole_world) {
  const TempDir directory;
  const std::string root = root_with_probe(directory);
  EXPECT_EQ(run_probe(Command("/bin/probe").root(root)).cwd, "/");
  const Probe probe =
      run_probe(Command("probe").env("PATH", "/bin").root(root).cwd("/work").user(65534, 65534));
  EXPECT_EQ(probe.cwd, "/work");
  EXPECT_THAT(probe.uids, ElementsAre(65534, 65534, 65534));
}

TEST_P(Privileges, what_is_wrong_with_a_root_directory_is_told_by_step) {
  const TempDir directory;
  const std::string root = root_with_probe(directory);
  const auto missing = Command("/bin/probe").root(root + "/none").spawn();
  EXPECT_EQ(missing.error().step, "chroot");
  EXPECT_EQ(missing.error().subject, root + "/none");
  EXPECT_EQ(missing.error().code, ENOENT);
  const auto no_place = Command("/bin/probe").root(root).cwd("/home").spawn();
  EXPECT_EQ(no_place.error().step, "chdir");
  EXPECT_EQ(no_place.error().subject, "/home");
  const auto outside = Command("/bin/true").root(root).spawn();
  EXPECT_EQ(outside.error().step, "exec");
  EXPECT_EQ(outside.error().code, ENOENT);
  EXPECT_THAT(outside.error().detail, IsEmpty()) << "what is here says nothing about in there";
}

TEND_AT_EACH_LEVEL(Privileges);

}  // namespace
}  // namespace tend::test
