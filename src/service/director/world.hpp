#pragma once
// World: all that the director does to the machine, and all that it learns of it. Whatever decides
// (director, run starter, run trees, orders) stands above this; KernelWorld is the thin shell
// below. Tests put a simulated machine here, on which every call may fail and any process may do
// anything (tests/service/world/). What only probes need (connections, commands) they do
// themselves.
//
// Descriptors are os::Fd on both sides: what a number means is the world's own business.

#include <tend/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "os/pipe.hpp"
#include "os/proc_text.hpp"
#include "os/raw/child_slot.hpp"
#include "os/spawn.hpp"
#include "service/control/control_server.hpp"
#include "service/director/notify_socket.hpp"
#include "service/director/run_options.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/leader_watch.hpp"
#include "service/places.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// A run that is to be born.
struct RunOrder {
  const ServiceSpec& spec;
  RunIdentity identity{};
  const os::Fd& output;       ///< What becomes stdout and stderr.
  const os::Fd& ready_write;  ///< For ready = { fd = N }; closed if there is none.
};

/// Where the output of a run goes. It survives its reader (os::DurablePipe).
struct OutputPipe {
  os::Fd read{};
  os::Fd write{};
  std::uint64_t inode = 0;  ///< 0: not known.
};

class World {
 public:
  using Pids = std::vector<std::int32_t>;

  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// First of all: the project that all this is for. An error: the director cannot work here.
  [[nodiscard]] virtual Result<> enter(const ProjectSpec& project, std::uint32_t mark_token) = 0;

  // --- time and chance ---------------------------------------------------------------------------

  [[nodiscard]] virtual os::EventLoop& loop() = 0;
  [[nodiscard]] virtual os::WallTime wall_time() const = 0;
  /// In [0, 1).
  [[nodiscard]] virtual double random_fraction() = 0;

  // --- the keeper and what it keeps --------------------------------------------------------------

  /// Takes over what came with our exec under this number; closed if it is negative.
  [[nodiscard]] virtual os::Fd inherited(int number) = 0;

  [[nodiscard]] virtual const os::Fd& keeper_socket() const = 0;

  /// Never blocks. EAGAIN, ETOOMANYREFS: later, when the socket is writable.
  [[nodiscard]] virtual Result<> send_to_keeper(const keeper::Message& message,
                                                const os::Fd& attached) = 0;

  /// Nothing: none waits. An error: the keeper is gone.
  [[nodiscard]] virtual Result<std::optional<keeper::Message>> receive_from_keeper() = 0;

  /// The keeper has raised this event; from now on it tells of the next time.
  virtual void drain(const os::Fd& event) = 0;

  // --- clients -----------------------------------------------------------------------------------

  [[nodiscard]] virtual Result<std::unique_ptr<Clients>> serve(os::Fd listener,
                                                               Clients::Handler& handler) = 0;

  // --- processes ---------------------------------------------------------------------------------

  /// A pidfd. ESRCH: there is no such process.
  [[nodiscard]] virtual Result<os::Fd> open_process(std::int32_t pid) = 0;
  /// ESRCH: it has been reaped. 0 only asks.
  virtual Result<> send_signal(const os::Fd& process, int signal) = 0;
  [[nodiscard]] virtual Result<bool> has_ended(const os::Fd& process) = 0;
  /// How one ended that is not our child.
  [[nodiscard]] virtual ProcessEnd end_of(const os::Fd& process) = 0;
  /// To all members at once, also those that are being born.
  virtual Result<> signal_group(std::int32_t leader, int signal) = 0;

  [[nodiscard]] virtual Result<os::ProcStat> stat_of(std::int32_t pid) = 0;
  [[nodiscard]] virtual Result<Pids> children_of(std::int32_t pid) = 0;
  [[nodiscard]] virtual Result<Pids> all_pids() = 0;
  /// Whether it was born in this run: every descendant inherits the mark. EMFILE, ENFILE, ENOMEM:
  /// that could not be found out; who has ended, or hides from us, carries none.
  [[nodiscard]] virtual Result<bool> carries_mark(std::int32_t pid,
                                                  const RunIdentity& identity) = 0;
  /// Whether it was born in any run of the project.
  [[nodiscard]] virtual bool carries_mark_of_project(std::int32_t pid, std::uint32_t token) = 0;

  // --- cgroups, one for each service, where they can be made -------------------------------------

  [[nodiscard]] virtual bool has_groups() const = 0;
  [[nodiscard]] virtual Result<bool> is_group_populated(const std::string& service) = 0;
  /// Without zombies, and without those in groups below.
  [[nodiscard]] virtual Result<Pids> group_members(const std::string& service) = 0;
  virtual Result<> kill_group(const std::string& service) = 0;
  /// If it is empty.
  virtual void remove_group(const std::string& service) = 0;

  // --- the birth of a run ------------------------------------------------------------------------

  [[nodiscard]] virtual Result<OutputPipe> make_output(const ServiceSpec& spec) = 0;
  [[nodiscard]] virtual Result<os::Pipe> make_pipe() = 0;
  /// Whether nobody can write there any more; the pipe holds nothing.
  [[nodiscard]] virtual Result<bool> has_closed(const os::Fd& pipe) = 0;
  [[nodiscard]] virtual Result<os::Fd> duplicate(const os::Fd& fd) = 0;

  /// As os::start_beside_us(). Where there are cgroups, into a fresh one of its service.
  [[nodiscard]] virtual Result<os::Started> start(const RunOrder& order,
                                                  os::raw::ChildSlot& slot) = 0;

  // --- what services say -------------------------------------------------------------------------

  [[nodiscard]] virtual Result<BoundNotifySocket> bind_notify_socket(const ServiceSpec& spec) = 0;
  [[nodiscard]] virtual Result<std::string> notify_address(const os::Fd& socket) = 0;
  [[nodiscard]] virtual Result<Notifications> receive_notifications(const os::Fd& socket) = 0;
  /// The uid that its processes have.
  [[nodiscard]] virtual std::uint32_t uid_of(const ServiceSpec& spec) const = 0;

  // --- upgrade, and the end ----------------------------------------------------------------------

  [[nodiscard]] virtual Result<os::Fd> open_program(const std::string& path) = 0;

  /// Removes what showed others that the project runs, and its cgroups.
  virtual void leave(const Places& places) = 0;
};

}  // namespace tend::service
