#pragma once
// What tests/programs/probe_child saw of itself, as a value; and the fixture that runs a test at
// each level of spawning.

#include <gtest/gtest.h>
#include <tend/command.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace tend::test {

struct Probe {
  struct Descriptor {
    std::uint64_t inode = 0;
    std::uint64_t device = 0;
    bool is_nonblocking = false;
  };

  struct Capabilities {
    std::uint64_t inheritable = 0;
    std::uint64_t permitted = 0;
    std::uint64_t effective = 0;
    std::uint64_t bounding = 0;
    std::uint64_t ambient = 0;
  };
  struct Terminal {
    std::int64_t foreground = -1;  ///< Group in the foreground of the controlling terminal.
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<std::int64_t> streams{};  ///< Those of 0, 1 and 2 that are terminals.
  };

  std::int64_t pid = 0;
  std::int64_t parent = 0;
  std::int64_t group = 0;
  std::int64_t session = 0;
  std::vector<std::int64_t> uids{};
  std::vector<std::int64_t> gids{};
  std::vector<std::int64_t> groups{};
  std::int64_t umask = 0;
  std::int64_t nice = 0;
  std::vector<std::int64_t> cpus{};
  std::vector<std::vector<std::uint64_t>> limits{};
  std::int64_t scheduler = 0;
  std::int64_t priority = 0;
  std::int64_t oom_score = 0;
  Capabilities capabilities{};
  std::vector<std::string> namespaces{};  ///< user, pid, mnt, net, uts, ipc, cgroup, time.
  Terminal terminal{};
  std::int64_t boot_time = 0;  ///< Seconds.
  bool no_new_privileges = false;
  std::int64_t parent_death_signal = 0;
  std::string cwd{};
  std::string cgroup{};
  std::vector<std::int64_t> blocked{};
  std::vector<std::int64_t> ignored{};
  std::map<std::int64_t, Descriptor> descriptors{};
  std::vector<std::string> argv{};
  std::vector<std::string> env{};

  [[nodiscard]] std::vector<std::int64_t> descriptor_numbers() const;
};

/// The probe as a command; add to it what is to be tested.
Command probe_command();

Probe parse_probe(const std::string& text);

/// Runs a probe command by capture(); a failure fails the test.
Probe run_probe(const Command& command);

/// A child of this command; ends the test program if it cannot be started.
Child started(const Command& command);

/// One line of what the child writes, without its newline: a fact to wait for.
std::string line_from(Child& child);

/// Runs each test once per value of TEND_SPAWN_LEVEL.
class EachLevel : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// How often to repeat something: less where the memory is copied, which a sanitizer makes slow.
  static int repeats(int count);
};

inline std::string level_name(const testing::TestParamInfo<const char*>& info) {
  std::string name = std::string("level_") + info.param;
  for (char& letter : name) {
    letter = letter == '-' ? '_' : letter;
  }
  return name;
}

inline const auto each_level = testing::Values("1", "2", "3", "3-clone", "3-pipe", "4");

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): gtest's own macro needs a name to paste.
#define TEND_AT_EACH_LEVEL(fixture) \
  INSTANTIATE_TEST_SUITE_P(spawn, fixture, tend::test::each_level, tend::test::level_name)

}  // namespace tend::test
