#include "service/launch.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/try.hpp"
#include "os/become.hpp"
#include "os/cgroup.hpp"
#include "os/clock.hpp"
#include "os/environment.hpp"
#include "os/eventfd.hpp"
#include "os/files.hpp"
#include "os/own_program.hpp"
#include "os/pause.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/spawn.hpp"
#include "os/unix_socket.hpp"
#include "service/director/dependency_graph.hpp"
#include "service/director/run_options.hpp"
#include "service/director/run_tree.hpp"
#include "service/spec_codec.hpp"
#include "service/state_file.hpp"

namespace tend::service {

namespace {

constexpr int control_backlog = 64;
constexpr std::chrono::seconds polite_end{8};
constexpr std::chrono::seconds hard_end{2};

/// The first descriptors of a project, open in this process and listed in its state file.
class FirstDescriptors {
 public:
  explicit FirstDescriptors(StateFile& state) : state_(state) {}

  /// Lists `fd`. The table of a new state file has room for these.
  void add(StoredKind kind, os::Fd fd) {
    Stored& entry = state_.stored()[opened_.size()];
    entry.fd = fd.get();
    entry.kind = kind;
    opened_.push_back(std::move(fd));
  }

  [[nodiscard]] const std::vector<os::Fd>& all() const noexcept { return opened_; }

 private:
  StateFile& state_;
  std::vector<os::Fd> opened_{};
};

std::vector<ServiceState> initial_states(const ProjectSpec& project,
                                         const std::vector<std::uint32_t>& chosen) {
  std::vector<ServiceState> states(project.services.size());
  const std::int64_t now = os::monotonic_now().time_since_epoch().count();
  for (ServiceState& state : states) {
    state.since_ns = now;
  }
  for (const std::uint32_t index : DependencyGraph(project).with_requirements(chosen)) {
    states[index].phase = Phase::waiting;
    states[index].wanted = true;
  }
  return states;
}

/// A file of the last life, if there is one; removed before the new one is made.
void remove_remains(const Places& places) {
  static_cast<void>(os::remove_file(places.state_file()));
  static_cast<void>(os::remove_file(places.control_socket()));
}

Result<FirstDescriptors> open_first(StateFile& state, const Places& places, os::Fd lock,
                                    const LaunchOptions& options) {
  FirstDescriptors first(state);
  first.add(StoredKind::state_file, TEND_TRY(os::duplicate(state.fd())));
  first.add(StoredKind::lock_file, std::move(lock));
  first.add(StoredKind::program, TEND_TRY(os::open_own_program()));
  first.add(StoredKind::control_socket,
            TEND_TRY(os::listen_unix(places.control_socket(), control_backlog)));
  first.add(StoredKind::report_event, TEND_TRY(os::make_eventfd()));
  os::Pipe staging = TEND_TRY(os::make_pipe());
  first.add(StoredKind::staging_read, std::move(staging.read));
  first.add(StoredKind::staging_write, std::move(staging.write));
  if (options.stops_with_viewer && !options.become_keeper) {
    first.add(StoredKind::viewer, TEND_TRY(os::open_pidfd(os::own_pid())));
  }
  return first;
}

/// Where the keeper and its helpers say what they cannot say otherwise.
Result<os::Fd> open_messages(const Places& places, const LaunchOptions& options) {
  if (options.stops_with_viewer || options.become_keeper) {
    os::Fd own(STDERR_FILENO);
    auto copy = os::duplicate(own);
    static_cast<void>(own.release());
    return copy;
  }
  return os::open_file(places.runtime_dir + "/messages",
                       O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
}

Result<Launched> start_keeper(const std::string& program, const FirstDescriptors& first,
                              const os::Fd& messages) {
  const os::Fd nothing = TEND_TRY(os::open_file("/dev/null", O_RDWR));
  os::SpawnOptions options{
      .program = program,
      .arguments = {"tend-keeper", "supervise", std::to_string(first.all().front().get())},
      .environment = os::own_environment(),
      .directory = "/",
      .descriptors = {{nothing.get(), 0}, {nothing.get(), 1}, {messages.get(), 2}},
      .session = os::raw::SessionKind::new_session};
  for (const os::Fd& fd : first.all()) {
    options.descriptors.push_back({.source = fd.get(), .target = fd.get()});
  }
  os::Spawned keeper = TEND_TRY(os::spawn(options));
  return Launched{.keeper = std::move(keeper.pidfd), .keeper_pid = keeper.pid};
}

Result<Launched> become_keeper(const std::string& program, const FirstDescriptors& first) {
  for (const os::Fd& fd : first.all()) {
    TEND_TRY(os::set_inheritable(fd, os::Inheritable::yes));
  }
  const std::string arguments[] = {"tend-keeper", "supervise",
                                   std::to_string(first.all().front().get())};
  return std::unexpected(os::become(program, arguments));
}

/// Living processes with the mark of the project whose state file this is.
std::vector<std::int32_t> marked_processes(const StateFile& state) {
  std::vector<std::int32_t> marked;
  const std::uint32_t token = state.header().mark_token;
  const std::string variable = run_variable(token, 0);
  const std::string_view prefix(variable.data(), variable.find('.') + 1);
  for (const std::int32_t pid : os::all_pids().value_or(std::vector<std::int32_t>{})) {
    const auto stat = os::read_proc_stat(pid);
    if (!stat || stat->is_zombie()) {
      continue;
    }
    const auto limit = os::locks_limit_of(pid);
    bool is_marked = limit && limit->hard >> 32U == mark_of(token, 0) >> 32U;
    if (!is_marked) {
      const auto environment = os::environment_of(pid);
      is_marked = environment && std::ranges::any_of(*environment, [&](const std::string& entry) {
                    return entry.starts_with(prefix);
                  });
    }
    if (is_marked) {
      marked.push_back(pid);
    }
  }
  return marked;
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

Result<StateFile> open_state(const Places& places) {
  const os::Fd directory = TEND_TRY(os::open_directory(places.runtime_dir));
  return StateFile::open_at(directory, "state");
}

/// Whether a project lives: its keeper holds the lock. Asking takes the lock for an instant,
/// without leaving a name in it.
bool is_locked(const Places& places) {
  const auto lock = os::lock_file(places.lock_file(), "");
  return lock && !lock->is_held();
}

/// The pid of the keeper of a locked project. One that is just being started has none yet.
Result<std::int64_t> keeper_of(const StateFile& state) {
  constexpr int looks_max = 200;
  constexpr std::chrono::milliseconds pause{5};
  for (int look = 0; look < looks_max; ++look) {
    if (const std::int32_t pid = load_shared(state.header().keeper.keeper_pid); pid != 0) {
      return pid;
    }
    os::pause_for(pause);
  }
  return refused("look at", "the project",
                 "it is just being started by pid " + std::to_string(state.header().starter_pid) +
                     "; try again");
}

/// The lock for us. A holder without a name only asks, and is gone in an instant.
Result<os::FileLock> take_lock(const Places& places) {
  constexpr int attempts_max = 50;
  constexpr std::chrono::milliseconds pause{10};
  for (int attempt = 1;; ++attempt) {
    os::FileLock lock = TEND_TRY(os::lock_file(places.lock_file(), std::to_string(os::own_pid())));
    if (lock.is_held() || !lock.owner.empty() || attempt == attempts_max) {
      return lock;
    }
    os::pause_for(pause);
  }
}

/// A keeper that was killed leaves services behind: starting them again would make second copies.
Result<> refuse_second_copies(const Places& places) {
  const auto state = open_state(places);
  if (!state || !state->is_of_this_boot()) {
    return {};
  }
  const std::vector<std::int32_t> left = marked_processes(*state);
  if (left.empty()) {
    return {};
  }
  return refused("start project", places.runtime_dir,
                 "its keeper died and left " + std::to_string(left.size()) +
                     " processes running (one is pid " + std::to_string(left.front()) +
                     "); `tend down` ends them");
}

}  // namespace

ProjectSpec placed(ProjectSpec project, const Places& places) {
  project.runtime_dir = places.runtime_dir;
  project.log_dir = places.log_dir;
  return project;
}

std::uint64_t digest_of(const ProjectSpec& project, const Places& places) {
  return digest(encode(placed(project, places)));
}

Result<std::string> find_keeper() {
  std::vector<std::string> candidates;
  const std::vector<std::string> environment = os::own_environment();
  if (const auto chosen = os::find_variable(environment, "TEND_KEEPER")) {
    candidates.emplace_back(*chosen);
  } else {
    const std::string self = os::own_program_path();
    const std::string folder = self.substr(0, self.rfind('/'));
    candidates = {folder + "/tend-keeper", folder + "/../libexec/tend/tend-keeper"};
  }
  for (const std::string& candidate : candidates) {
    if (os::status_of(candidate)) {
      return candidate;
    }
  }
  return refused("find", "tend-keeper",
                 "it is neither beside the program tend nor in ../libexec/tend; reinstall tend, or "
                 "set TEND_KEEPER to its path");
}

Result<Running> look_at(const Places& places) {
  if (!os::status_of(places.state_file())) {
    return Running{};
  }
  const auto state = open_state(places);
  if (!state) {
    // Unreadable remains of another version or a torn file: only the lock says whether it lives.
    return is_locked(places) ? std::unexpected(state.error()) : Result<Running>(Running{});
  }
  Running running{.specs_digest = state->header().specs_digest};
  if (is_locked(places)) {
    running.keeper_pid = TEND_TRY(keeper_of(*state));
  } else if (state->is_of_this_boot()) {
    for (const std::int32_t pid : marked_processes(*state)) {
      running.left_behind.push_back(pid);
    }
  }
  return running;
}

Result<Launched> launch(const ProjectSpec& project, const Places& places,
                        const LaunchOptions& options) {
  const std::string keeper = TEND_TRY(find_keeper());
  TEND_TRY(make_places(places, os::effective_uid()));
  os::FileLock lock = TEND_TRY(take_lock(places));
  if (!lock.is_held()) {
    return refused("start project", project.name,
                   "another tend is at work on " + places.runtime_dir + " (started by pid " +
                       lock.owner + ")");
  }
  TEND_TRY(refuse_second_copies(places));
  remove_remains(places);
  const os::Fd directory = TEND_TRY(os::open_directory(places.runtime_dir));
  StateFile state = TEND_TRY(StateFile::create_at(directory, "state", placed(project, places),
                                                  initial_states(project, options.chosen)));
  const FirstDescriptors first = TEND_TRY(open_first(state, places, std::move(lock.fd), options));
  if (options.become_keeper) {
    return become_keeper(keeper, first);
  }
  const os::Fd messages = TEND_TRY(open_messages(places, options));
  return start_keeper(keeper, first, messages);
}

Result<int> wait_for_keeper(const Launched& launched) {
  TEND_TRY(os::wait_for_exit(launched.keeper, std::nullopt));
  const auto reaped = TEND_TRY(os::reap(launched.keeper, os::Waiting::yes));
  return reaped ? reaped->status.shell_code() : 1;
}

Result<> end_left_behind(const Places& places) {
  const StateFile state = TEND_TRY(open_state(places));
  const os::Instant begin = os::monotonic_now();
  const auto politely = open_all(marked_processes(state));
  if (!end_all(politely, SIGTERM, begin + polite_end)) {
    end_all(politely, SIGKILL, os::monotonic_now() + hard_end);
  }
  // What was born meanwhile.
  if (!end_all(open_all(marked_processes(state)), SIGKILL, os::monotonic_now() + hard_end)) {
    return refused("end what was left behind", places.runtime_dir,
                   "some processes do not end even after SIGKILL");
  }
  if (const auto project = state.project()) {
    if (const auto parent = os::find_writable_cgroup()) {
      static_cast<void>(
          parent->remove_child(project_group_name(project->name, state.header().mark_token)));
    }
  }
  remove_remains(places);
  return {};
}

}  // namespace tend::service
