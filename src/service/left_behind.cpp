#include "service/left_behind.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/cgroup.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "service/director/kernel_world.hpp"
#include "service/leader.hpp"
#include "service/project_lock.hpp"

namespace tend::service {

namespace {

constexpr std::size_t mark_file_bytes_max = 256;
constexpr std::chrono::seconds polite_end{8};
constexpr std::chrono::seconds hard_end{2};

bool is_zombie(std::int32_t pid) {
  const auto stat = os::read_proc_stat(pid);
  return !stat || stat->is_zombie();
}

Result<StateFile> open_state(const Places& places) {
  return StateFile::open_at(TEND_TRY(os::open_directory(places.runtime_dir)), "state");
}

std::vector<os::Fd> open_all(const std::vector<std::int32_t>& pids) {
  std::vector<os::Fd> opened;
  for (const std::int32_t pid : pids) {
    if (auto pidfd = os::open_pidfd(pid)) {
      opened.push_back(*std::move(pidfd));
    }
  }
  return opened;
}

/// Sends the signal to all and waits until all have ended; whether they have.
bool end_all(const std::vector<os::Fd>& processes, int signal, os::Instant deadline) {
  for (const os::Fd& pidfd : processes) {
    static_cast<void>(os::send_signal(pidfd, signal));
    static_cast<void>(os::send_signal(pidfd, SIGCONT));
  }
  return std::ranges::all_of(processes, [&](const os::Fd& pidfd) {
    return os::wait_for_exit(pidfd, deadline).value_or(true);
  });
}

void add_living(std::vector<std::int32_t>& found, std::int32_t pid) {
  if (std::ranges::find(found, pid) == found.end() && !is_zombie(pid)) {
    found.push_back(pid);
  }
}

void add_marked(std::vector<std::int32_t>& found, std::uint32_t token) {
  for (const std::int32_t pid : os::all_pids().value_or(std::vector<std::int32_t>{})) {
    if (carries_mark_of_project(pid, token)) {
      add_living(found, pid);
    }
  }
}

/// Those of the state file, or, if it is damaged, those with the mark.
std::vector<std::int32_t> find_left_behind(const Places& places) {
  const auto state = open_state(places);
  return state ? left_behind(*state) : left_behind(places);
}

/// The mark file: the token and the name of the cgroup, with a space between them.
struct Mark {
  std::optional<std::uint32_t> token{};
  std::string group{};
};

Mark read_mark(const Places& places) {
  const auto text = os::read_file(places.mark_file(), mark_file_bytes_max);
  const std::string_view line = text ? text::trimmed(*text) : std::string_view();
  const std::size_t space = std::min(line.find(' '), line.size());
  return {.token = parse_integer<std::uint32_t>(line.substr(0, space)),
          .group = std::string(text::trimmed(line.substr(space)))};
}

void remove_project_group(const Places& places) {
  const Mark mark = read_mark(places);
  const auto parent = os::Cgroup::own();
  // One name, not a path: the file could have been damaged too.
  if (parent && !mark.group.empty() && !mark.group.contains('/') && mark.group[0] != '.') {
    static_cast<void>(parent->remove_child(mark.group));
  }
}

}  // namespace

std::vector<std::int32_t> left_behind(const StateFile& state) {
  std::vector<std::int32_t> found;
  for (std::uint32_t index = 0; index < state.count(); ++index) {
    const KnownLeader leader = leader_in(state, index);
    if (open_leader(leader)) {
      add_living(found, leader.pid);
    }
  }
  add_marked(found, state.header().mark_token);
  return found;
}

std::vector<std::int32_t> left_behind(const Places& places) {
  std::vector<std::int32_t> found;
  if (const auto token = read_mark(places).token) {
    add_marked(found, *token);
  }
  return found;
}

Result<> remember_mark(const Places& places, const std::string& project, std::uint32_t token) {
  const os::Fd directory = TEND_TRY(os::open_directory(places.runtime_dir));
  return os::replace_file_at(directory, "mark",
                             text::format("{} {}\n", token, project_group_name(project, token)));
}

Result<> end_left_behind(const Places& places) {
  const os::FileLock lock = TEND_TRY(take_project_lock(places, std::to_string(os::own_pid())));
  if (!lock.is_held()) {
    return refused("end what was left behind", places.runtime_dir,
                   "another tend is at work on it (pid " + lock.owner + ")");
  }
  const os::Instant begin = os::monotonic_now();
  const auto politely = open_all(find_left_behind(places));
  if (!end_all(politely, SIGTERM, begin + polite_end)) {
    end_all(politely, SIGKILL, os::monotonic_now() + hard_end);
  }
  // What was born meanwhile.
  if (!end_all(open_all(find_left_behind(places)), SIGKILL, os::monotonic_now() + hard_end)) {
    return refused("end what was left behind", places.runtime_dir,
                   "some processes do not end even after SIGKILL");
  }
  remove_remains(places);
  return {};
}

void remove_empty_group(const Places& places) {
  const auto lock = take_project_lock(places, std::to_string(os::own_pid()));
  if (lock && lock->is_held()) {
    remove_project_group(places);
  }
}

void remove_remains(const Places& places) {
  remove_project_group(places);
  static_cast<void>(os::remove_file(places.state_file()));
  static_cast<void>(os::remove_file(places.control_socket()));
  static_cast<void>(os::remove_file(places.handover_socket()));
}

}  // namespace tend::service
