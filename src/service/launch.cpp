#include "service/launch.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/become.hpp"
#include "os/clock.hpp"
#include "os/environment.hpp"
#include "os/eventfd.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/own_program.hpp"
#include "os/pause.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/spawn.hpp"
#include "os/unix_socket.hpp"
#include "service/director/dependency_graph.hpp"
#include "service/first_descriptors.hpp"
#include "service/left_behind.hpp"
#include "service/project_lock.hpp"
#include "service/spec_codec.hpp"
#include "service/state_file.hpp"

namespace tend::service {

namespace {

constexpr int control_backlog = 64;
constexpr int handover_backlog = 4;

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

/// What every life of a project has anew.
Result<FirstDescriptors> open_first(StateFile& state, const Places& places, os::Fd lock,
                                    const LaunchOptions& options) {
  FirstDescriptors first;
  first.add(StoredKind::state_file, TEND_TRY(os::duplicate(state.fd())));
  first.add(StoredKind::lock_file, std::move(lock));
  first.add(StoredKind::program, TEND_TRY(os::open_own_program()));
  static_cast<void>(os::remove_file(places.control_socket()));
  first.add(StoredKind::control_socket,
            TEND_TRY(os::listen_unix(places.control_socket(), control_backlog)));
  first.add(StoredKind::report_event, TEND_TRY(os::make_eventfd()));
  if (options.stops_with_viewer && !options.become_keeper) {
    first.add(StoredKind::viewer, TEND_TRY(os::open_pidfd(os::own_pid())));
  }
  return first;
}

/// The socket at which a recorder that outlives its keeper is asked for what it holds.
Result<> open_door(FirstDescriptors& first, const Places& places) {
  static_cast<void>(os::remove_file(places.handover_socket()));
  first.add(StoredKind::handover_socket,
            TEND_TRY(os::listen_unix(places.handover_socket(), handover_backlog)));
  return {};
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

/// `limit`: as it was before this process raised its own to take over what was there.
Result<Launched> start_keeper(const std::string& program, const FirstDescriptors& first,
                              const os::Fd& messages, const os::DescriptorLimit& limit) {
  const os::Fd nothing = TEND_TRY(os::open_file("/dev/null", O_RDWR));
  os::SpawnOptions options{
      .program = program,
      .arguments = {"tend-keeper", "supervise", std::to_string(first.all().front().get())},
      .environment = os::own_environment(),
      .directory = "/",
      .descriptors = {{nothing.get(), 0}, {nothing.get(), 1}, {messages.get(), 2}},
      .session = os::raw::SessionKind::new_session,
      .limits = {{.resource = RLIMIT_NOFILE, .soft = limit.soft, .hard = limit.hard}}};
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

Result<StateFile> open_state(const Places& places) {
  const os::Fd directory = TEND_TRY(os::open_directory(places.runtime_dir));
  return StateFile::open_at(directory, "state");
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

/// Whether something of it lives: a service, or the recorder.
bool is_left_behind(const StateFile& state, const Places& places) {
  return !left_behind(state).empty() || os::connect_unix(places.handover_socket());
}

/// What is to become the keeper's, and where the project then stands.
struct Prepared {
  FirstDescriptors first{};
  std::optional<Adopted> adopted{};
  std::string note{};
};

std::string pid_list(const std::vector<std::int32_t>& pids) {
  std::vector<std::string> words;
  words.reserve(pids.size());
  for (const std::int32_t pid : pids) {
    words.push_back(std::to_string(pid));
  }
  return "pid " + text::join(words, ", ");
}

Result<Prepared> prepare_new(const ProjectSpec& project, const Places& places, os::Fd lock,
                             const LaunchOptions& options) {
  remove_remains(places);
  const os::Fd directory = TEND_TRY(os::open_directory(places.runtime_dir));
  StateFile state = TEND_TRY(StateFile::create_at(directory, "state", placed(project, places),
                                                  initial_states(project, options.chosen)));
  Prepared prepared{.first = TEND_TRY(open_first(state, places, std::move(lock), options))};
  os::Pipe staging = TEND_TRY(os::make_pipe());
  prepared.first.add(StoredKind::staging_read, std::move(staging.read));
  prepared.first.add(StoredKind::staging_write, std::move(staging.write));
  TEND_TRY(open_door(prepared.first, places));
  TEND_TRY(prepared.first.write_to(state));
  TEND_TRY(remember_mark(places, project.name, state.header().mark_token));
  return prepared;
}

/// The services of `running` that are named as those `chosen` in `described`: the file may have
/// changed since the project was started, and what runs is described by the state file.
std::vector<std::uint32_t> chosen_in(const ProjectSpec& running, const ProjectSpec& described,
                                     std::span<const std::uint32_t> chosen) {
  std::vector<std::uint32_t> indices;
  for (const std::uint32_t index : chosen) {
    const auto& name = described.services[index].name;
    const auto found = std::ranges::find(running.services, name, &ServiceSpec::name);
    if (found != running.services.end()) {
      indices.push_back(static_cast<std::uint32_t>(found - running.services.begin()));
    }
  }
  return indices;
}

Result<Prepared> prepare_adoption(const ProjectSpec& described, StateFile state,
                                  const Places& places, os::Fd lock, const LaunchOptions& options) {
  const ProjectSpec project = TEND_TRY(state.project());
  if (project.services.size() != state.count()) {
    return refused("read", "state file", "it holds a different number of services than its specs");
  }
  TEND_TRY(wait_for_director(state));
  Inheritance inheritance = TEND_TRY(ask_recorder(places));
  Prepared prepared{.first = TEND_TRY(open_first(state, places, std::move(lock), options))};
  prepared.adopted = TEND_TRY(adopt(state, project, std::move(inheritance), prepared.first));
  if (!prepared.first.has(StoredKind::handover_socket, no_record, 0)) {
    TEND_TRY(open_door(prepared.first, places));
  }
  if (options.are_named || state.header().director.stopping != 0) {
    renew_wishes(state, project, chosen_in(project, described, options.chosen),
                 os::monotonic_now().time_since_epoch().count());
  }
  TEND_TRY(prepared.first.write_to(state));
  return prepared;
}

/// A state file that cannot be read is kept for whoever wants to know; what it says of it. Refused
/// while anything of the project lives, and when another version of tend can still read it.
Result<std::string> set_aside(const Places& places, const Error& why) {
  const os::Fd directory = TEND_TRY(os::open_directory(places.runtime_dir));
  if (StateFile::fault_at(directory, "state") == StateFault::other_version) {
    return refused("start project", places.runtime_dir,
                   why.message() + "; use that version, or remove " + places.state_file() +
                       " if nothing of the project runs");
  }
  if (const auto living = left_behind(places); !living.empty()) {
    return refused("start project", places.runtime_dir,
                   why.message() + ", and processes of it live on: " + pid_list(living) +
                       "; `tend down` ends them");
  }
  TEND_TRY(os::rename_at(directory, "state", "state.damaged"));
  return why.message() + "; it is kept as " + places.state_file() +
         ".damaged, and everything starts afresh";
}

/// What a keeper that was killed left behind is adopted; starting it again would make second
/// copies.
Result<Prepared> prepare(const ProjectSpec& project, const Places& places, os::Fd lock,
                         const LaunchOptions& options) {
  std::string note;
  if (os::status_of(places.state_file())) {
    auto state = open_state(places);
    if (state && state->is_of_this_boot() && is_left_behind(*state, places)) {
      return prepare_adoption(project, *std::move(state), places, std::move(lock), options);
    }
    if (!state) {
      note = TEND_TRY(set_aside(places, state.error()));
    }
  }
  Prepared prepared = TEND_TRY(prepare_new(project, places, std::move(lock), options));
  prepared.note = std::move(note);
  return prepared;
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
    // Of another version, or damaged: only the lock says whether it is looked after.
    if (is_project_locked(places)) {
      return std::unexpected(state.error());
    }
    Running damaged{.damage = state.error().message()};
    for (const std::int32_t pid : left_behind(places)) {
      damaged.left_behind.push_back(pid);
    }
    return damaged;
  }
  Running running{.specs_digest = state->header().specs_digest};
  if (is_project_locked(places)) {
    running.keeper_pid = TEND_TRY(keeper_of(*state));
  } else if (state->is_of_this_boot()) {
    for (const std::int32_t pid : left_behind(*state)) {
      running.left_behind.push_back(pid);
    }
  }
  return running;
}

Result<Launched> launch(const ProjectSpec& project, const Places& places,
                        const LaunchOptions& options) {
  const std::string keeper = TEND_TRY(find_keeper());
  TEND_TRY(make_places(places, os::effective_uid()));
  const os::DescriptorLimit limit = os::descriptor_limit();
  os::FileLock lock = TEND_TRY(take_project_lock(places, std::to_string(os::own_pid())));
  if (!lock.is_held()) {
    return refused("start project", project.name,
                   "another tend is at work on " + places.runtime_dir + " (started by pid " +
                       lock.owner + ")");
  }
  Prepared prepared = TEND_TRY(prepare(project, places, std::move(lock.fd), options));
  if (options.become_keeper) {
    return become_keeper(keeper, prepared.first);
  }
  const os::Fd messages = TEND_TRY(open_messages(places, options));
  Launched launched = TEND_TRY(start_keeper(keeper, prepared.first, messages, limit));
  launched.adopted = std::move(prepared.adopted);
  launched.note = std::move(prepared.note);
  return launched;
}

Result<int> wait_for_keeper(const Launched& launched) {
  TEND_TRY(os::wait_for_exit(launched.keeper, std::nullopt));
  const auto reaped = TEND_TRY(os::reap(launched.keeper, os::Waiting::yes));
  return reaped ? reaped->status.shell_code() : 1;
}

}  // namespace tend::service
