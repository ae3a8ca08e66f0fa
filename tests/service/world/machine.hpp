#pragma once
// The machine of one schedule: kernel, clock, state file, keeper and recorder, what services say,
// and who asks for what. Directors come and go on it; the first thing that must never happen and
// did is kept as the mistake of the schedule.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "os/pipe.hpp"
#include "service/director/notify_socket.hpp"
#include "service/first_descriptors.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/keeper/reaper.hpp"
#include "service/keeper/state_view.hpp"
#include "service/leader.hpp"
#include "service/leader_watch.hpp"
#include "service/service_spec.hpp"
#include "service/state_file.hpp"
#include "service/world/chance.hpp"
#include "service/world/kernel.hpp"
#include "service/world/sim_recorder.hpp"

namespace tend::service::world {

inline constexpr std::int64_t ms = 1'000'000;

/// What a descriptor of the machine means. Its number is a real one (of /dev/null; readiness pipes
/// are real pipes), so that closing, keeping and leaking are what they always are.
struct Token {
  enum class Kind : std::uint8_t {
    plain,
    process,
    completion,
    ready_pipe,
    report_event,
    keeper_socket,
    notify,
  };
  Kind kind = Kind::plain;
  std::uint64_t of = 0;  ///< Serial of a process, number of a pipe, index of a service.
};

struct Machine {
  Machine(Chance& chance, const Story& story, StateFile& state, const ProjectSpec& project);

  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  [[nodiscard]] os::Fd open(Token token);
  [[nodiscard]] Token token_of(int number) const;
  [[nodiscard]] Token token_of(const os::Fd& fd) const { return token_of(fd.get()); }
  [[nodiscard]] os::Fd duplicate(int number);
  [[nodiscard]] os::Pipe make_ready_pipe();

  /// As on the real machine: a process that is known from the state file, and how one ended.
  [[nodiscard]] std::optional<os::Fd> open_leader(const KnownLeader& leader);
  [[nodiscard]] ProcessEnd end_of(std::uint64_t serial);
  [[nodiscard]] bool has_mark(std::int32_t pid, std::uint32_t token, std::uint32_t run);

  /// Something happens beside the director, while it works or sleeps.
  void move();

  /// On a calm machine: everybody finishes what they are at. Whether that changed anything.
  bool let_all_finish();

  /// All that the keeper does when it is woken: hears the director, reports, reaps. It may be
  /// killed in the middle of that.
  void turn_keeper();
  [[nodiscard]] bool has_keeper() const { return kernel.keeper_pid != 0; }
  /// It dies after so many steps of its own from now; 0: never.
  void kill_keeper_after(std::uint32_t steps) { keeper_steps_left_ = steps; }
  void kill_keeper();
  /// Another one, with what the table in the state file lists. Whether there was a pid for it.
  [[nodiscard]] bool begin_keeper(const FirstDescriptors& first);

  /// Whether somebody is told, or can find out, how the leader of this run has ended.
  [[nodiscard]] bool is_end_known(std::uint32_t run);

  /// Does this call fail? Once for each call that can.
  [[nodiscard]] bool fails();

  /// What is written down of a service; read again only when it has been written.
  [[nodiscard]] const ServiceState& written(std::uint32_t index);

  /// The first one counts.
  void object(std::string what);

  Chance& chance;
  const Story& story;
  StateFile& state;
  const ProjectSpec& project;
  StateView view{};
  Kernel kernel;

  std::int64_t now_ns = std::int64_t{1'000'000} * ms;
  std::int64_t wall_offset_ns = 0;
  std::uint32_t fault_rate = 0;  ///< One call in so many fails; 0: none.
  bool has_groups = false;       ///< A cgroup for each service.
  bool is_mark_a_limit = true;   ///< Else the environment has it.
  bool tells_ends = false;       ///< To whoever held a pidfd (PIDFD_GET_INFO).

  // The keeper, and the two directions of its socket pair with the director.
  struct Sent {
    keeper::Message message{};
    os::Fd attached{};
  };
  std::int32_t director_pid = 0;
  std::deque<Sent> to_keeper{};
  std::deque<keeper::Message> to_director{};
  bool is_report_event_raised = false;
  bool is_left = false;  ///< Nothing shows any more that there is such a project.
  bool is_keeper_finished = false;
  bool is_upgrade_begun = false;  ///< The keeper becomes another program: the director has to go.
  int exit_code = 0;

  std::vector<std::deque<Notification>> notes{};  ///< Of each service, not yet read.
  std::map<std::uint32_t, os::Fd> ready_ends{};   ///< Write ends of readiness pipes, by run.
  std::set<std::uint32_t> said_ready{};           ///< Runs of which a process has said so.
  std::uint32_t failed_calls = 0;
  std::uint32_t keeper_deaths = 0;
  SimRecorder recorder{*this};
  std::string mistake{};

 private:
  void say_something(const Process& process);
  void execute_or_fail(Process& process);
  void move_born();
  void take_message(Sent sent);
  [[nodiscard]] keeper::Children keepers_children();
  void look_at_burial(const Process& leader);
  void turn_recorder();
  void note_ends();
  [[nodiscard]] bool keeper_dies();
  void lose_stored();
  void forget_unreported();
  [[nodiscard]] bool is_held(std::uint64_t serial) const;

  void name(const os::Fd& fd, Token token);

  std::uint32_t keeper_steps_left_ = 0;
  bool is_keeper_dying_ = false;
  std::set<std::uint32_t> noted_{};       ///< Runs whose end was looked at.
  std::set<std::uint32_t> unknowable_{};  ///< Of those: nobody held the leader when it ended.
  os::Fd null_;
  std::vector<Token> tokens_{};
  struct Written {
    std::uint64_t sequence = ~std::uint64_t{0};
    ServiceState state{};
  };
  std::vector<Written> written_;
};

}  // namespace tend::service::world
