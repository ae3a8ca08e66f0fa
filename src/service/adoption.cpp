#include "service/adoption.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/unix_socket.hpp"
#include "service/director/dependency_graph.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/leader.hpp"

namespace tend::service {

namespace {

constexpr std::chrono::seconds answer_within{10};
constexpr std::chrono::seconds director_end_within{10};
constexpr std::size_t descriptors_max = 100'000;

bool is_nobody_there(const Error& error) {
  return error.code == ENOENT || error.code == ECONNREFUSED;
}

/// The pipe with this inode among the descriptors of the process, opened anew for reading: the
/// bytes in it wait as long as anybody holds it.
std::optional<os::Fd> reopen_pipe(std::int32_t pid, std::uint64_t inode) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const auto directory = os::open_directory(folder);
  const auto names = directory ? os::list_directory(*directory, descriptors_max)
                               : Result<std::vector<std::string>>(std::vector<std::string>{});
  for (const std::string& name : names.value_or(std::vector<std::string>{})) {
    const auto link = os::read_link(folder + "/" + name);
    if (!link || !link->starts_with("pipe:[")) {
      continue;
    }
    auto pipe = os::open_file(folder + "/" + name, O_RDONLY | O_NONBLOCK);
    const auto status = pipe ? os::status_of(*pipe) : Result<os::FileStatus>(os::FileStatus{});
    if (status && status->is_fifo && status->inode == inode &&
        os::set_nonblocking(*pipe, os::Blocking::yes)) {
      return *std::move(pipe);
    }
  }
  return std::nullopt;
}

/// One adoption: what is there to work with.
class Adopter {
 public:
  Adopter(StateFile& state, const ProjectSpec& project, Inheritance inheritance,
          FirstDescriptors& first, const AdoptionSight& sight)
      : state_(state),
        project_(project),
        inheritance_(std::move(inheritance)),
        first_(first),
        sight_(sight),
        old_table_(state.stored().begin(), state.stored().end()) {}

  Result<Adopted> adopt() {
    TEND_TRY(take_staging());
    for (std::uint32_t index = 0; index < state_.count(); ++index) {
      adopt_run(index);
    }
    take_the_rest();
    if (inheritance_.connection.is_open()) {
      first_.add(StoredKind::handover_peer, std::move(inheritance_.connection));
    }
    reset_header();
    return std::move(adopted_);
  }

 private:
  /// Closed if there is none.
  os::Fd take(StoredKind kind, std::uint32_t record, std::uint32_t run) {
    for (Bequest& bequest : inheritance_.bequests) {
      if (bequest.kind == kind && bequest.record == record && bequest.run == run) {
        return std::move(bequest.fd);
      }
    }
    return {};
  }

  /// With the recorder the bytes in its staging pipe are gone: then it begins with an empty one.
  Result<> take_staging() {
    os::Pipe staging{.read = take(StoredKind::staging_read, no_record, 0),
                     .write = take(StoredKind::staging_write, no_record, 0)};
    if (!staging.read || !staging.write) {
      staging = TEND_TRY(os::make_pipe());
      state_.header().recorder.staging_record = no_record;
    }
    first_.add(StoredKind::staging_read, std::move(staging.read));
    first_.add(StoredKind::staging_write, std::move(staging.write));
    return {};
  }

  void adopt_run(std::uint32_t index) {
    DirectorRecord record = state_.record(index);
    const std::uint32_t run = record.state.run;
    ChildSlot& slot = state_.slot(index);
    const bool was_born =
        record.adoption.run == run || (slot.run == run && load_shared(slot.pid) > 0);
    if (run == 0 || !was_born) {
      return;
    }
    const KnownLeader leader = leader_in(state_, index);
    const bool has_report = state_.has_report(index, run);
    os::Fd pidfd = take(StoredKind::leader, index, run);
    if (!pidfd.is_open() && !has_report) {
      pidfd = sight_.open_leader(leader).value_or(os::Fd());
    }
    const bool is_alive = pidfd.is_open() && !sight_.has_exited(pidfd).value_or(true);
    record.adoption = {.run = run, .pid = pidfd.is_open() ? leader.pid : 0};
    os::Fd output = find_output(index, run, is_alive ? leader.pid : 0);
    record.adoption.has_output = output.is_open() || !is_alive;
    note(index, record.adoption, is_alive);
    state_.set_record(index, record);
    // Only now: whoever is killed in between finds the pid in one of the two.
    store_shared(slot.pid, 0);
    list(StoredKind::leader, index, run, std::move(pidfd));
    list(StoredKind::log_pipe, index, run, std::move(output));
  }

  os::Fd find_output(std::uint32_t index, std::uint32_t run, std::int32_t pid) {
    os::Fd output = take(StoredKind::log_pipe, index, run);
    const std::uint64_t inode = inode_of(index, run);
    if (!output.is_open() && pid != 0 && inode != 0) {
      output = sight_.reopen_pipe(pid, inode).value_or(os::Fd());
    }
    return output;
  }

  [[nodiscard]] std::uint64_t inode_of(std::uint32_t index, std::uint32_t run) const {
    for (const Stored& entry : old_table_) {
      if (entry.kind == StoredKind::log_pipe && entry.record == index && entry.run == run) {
        return entry.inode;
      }
    }
    return 0;
  }

  void list(StoredKind kind, std::uint32_t index, std::uint32_t run, os::Fd fd) {
    if (!fd.is_open()) {
      return;
    }
    const std::uint64_t inode = kind == StoredKind::log_pipe ? inode_of(index, run) : 0;
    first_.add({.kind = kind, .record = index, .run = run, .inode = inode}, std::move(fd));
  }

  /// Pipes of runs that have ended and are not yet at their end, notify sockets, the door itself.
  void take_the_rest() {
    for (Bequest& bequest : inheritance_.bequests) {
      const bool is_of_record = bequest.record < state_.count();
      const bool is_of_run = is_of_record && state_.record(bequest.record).state.run == bequest.run;
      const bool is_wanted = bequest.kind == StoredKind::handover_socket ||
                             (is_of_record && (bequest.kind == StoredKind::log_pipe ||
                                               bequest.kind == StoredKind::notify_socket)) ||
                             (is_of_run && bequest.kind == StoredKind::ready_pipe);
      if (is_wanted) {
        list(bequest.kind, bequest.record, bequest.run, std::move(bequest.fd));
      }
    }
  }

  void note(std::uint32_t index, const Adoption& adoption, bool is_alive) {
    if (is_alive) {
      adopted_.living.push_back(project_.services[index].name);
      if (!adoption.has_output) {
        adopted_.without_output.push_back(project_.services[index].name);
      }
    }
  }

  void reset_header() {
    StateHeader& header = state_.header();
    header.starter_pid = os::own_pid();
    header.is_pid_one = os::own_pid() == 1 ? 1 : 0;
    ++header.keeper.adoptions;
    header.keeper.stop_requests = 0;
    header.keeper.stored_used = 0;  // Counted anew: the table was written anew.
    store_shared(header.keeper.keeper_pid, 0);
    store_shared(header.keeper.director_pid, 0);
    // The old recorder goes when it sees another one here.
    store_shared(header.keeper.recorder_pid, 0);
  }

  StateFile& state_;
  const ProjectSpec& project_;
  Inheritance inheritance_;
  FirstDescriptors& first_;
  const AdoptionSight& sight_;
  std::vector<Stored> old_table_;
  Adopted adopted_{};
};

}  // namespace

AdoptionSight own_sight() {
  return {.open_leader = open_leader, .has_exited = os::has_exited, .reopen_pipe = reopen_pipe};
}

Result<Inheritance> ask_recorder(const Places& places) {
  auto connection = os::connect_unix(places.handover_socket());
  if (!connection) {
    return is_nobody_there(connection.error()) ? Result<Inheritance>(Inheritance{})
                                               : std::unexpected(connection.error());
  }
  os::raise_descriptor_limit();
  auto bequests = take_all(*connection, os::monotonic_now() + answer_within);
  if (!bequests && bequests.error().code == ECONNRESET) {
    return Inheritance{};  // It ended in this very moment.
  }
  if (!bequests) {
    return refused("take over", "the recorder of the dead keeper",
                   bequests.error().message() + "; is it stopped?");
  }
  return Inheritance{.bequests = *std::move(bequests), .connection = *std::move(connection)};
}

Result<> wait_for_director(const StateFile& state) {
  const std::int32_t pid = load_shared(state.header().keeper.director_pid);
  const auto pidfd = pid > 0 ? os::open_pidfd(pid) : Result<os::Fd>(os::Fd());
  if (!pidfd || !pidfd->is_open()) {
    return {};
  }
  const auto stat = os::read_proc_stat(pid);
  if (!stat || stat->name != keeper::director_name) {
    return {};  // Somebody else's pid by now.
  }
  if (!TEND_TRY(os::wait_for_exit(*pidfd, os::monotonic_now() + director_end_within))) {
    return refused(
        "take over", "the project",
        "the director of the dead keeper (pid " + std::to_string(pid) + ") does not end");
  }
  return {};
}

Result<Adopted> adopt(StateFile& state, const ProjectSpec& project, Inheritance inheritance,
                      FirstDescriptors& first, const AdoptionSight& sight) {
  return Adopter(state, project, std::move(inheritance), first, sight).adopt();
}

void renew_wishes(StateFile& state, const ProjectSpec& project,
                  std::span<const std::uint32_t> chosen, std::int64_t now_ns) {
  state.header().director.stopping = 0;
  state.header().director.exit_code = 0;
  std::vector<Standing> standings;
  for (std::uint32_t index = 0; index < state.count(); ++index) {
    standings.push_back(standing_of(state.record(index).state));
  }
  for (const std::uint32_t index : DependencyGraph(project).with_requirements(chosen, standings)) {
    DirectorRecord record = state.record(index);
    const bool is_done = record.state.phase == Phase::done;
    if (!is_done) {
      // Whether it may start is asked by the director; nothing begins here.
      const Event start{.type = Event::Type::start, .now_ns = now_ns, .requirements_met = false};
      record.state = step(record.state, start, policy_of(project.services[index])).state;
    }
    record.is_stop_asked = false;
    state.set_record(index, record);
  }
}

}  // namespace tend::service
