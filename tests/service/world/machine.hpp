#pragma once
// The machine of one schedule: kernel, clock, state file, keeper and recorder, what services say,
// and who asks for what. Directors come and go on it; the first thing that must never happen and
// did is kept as the mistake of the schedule.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "os/pipe.hpp"
#include "service/director/notify_socket.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/keeper/reaper.hpp"
#include "service/keeper/state_view.hpp"
#include "service/service_spec.hpp"
#include "service/state_file.hpp"
#include "service/world/chance.hpp"
#include "service/world/kernel.hpp"

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

/// What an ended leader is known by ever after.
struct Ended {
  std::uint32_t service = 0;
  Death death{};
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

  /// Something happens beside the director, while it works or sleeps.
  void move();

  /// On a calm machine: everybody finishes what they are at. Whether that changed anything.
  bool let_all_finish();

  /// All that the keeper does when it is woken: hears the director, reports, reaps.
  void turn_keeper();

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

  // The keeper, and the two directions of its socket pair with the director.
  struct Sent {
    keeper::Message message{};
    os::Fd attached{};
  };
  std::int32_t director_pid = 0;
  std::deque<Sent> to_keeper{};
  std::deque<keeper::Message> to_director{};
  bool is_report_event_raised = false;
  bool is_keeper_finished = false;
  bool is_upgrade_begun = false;  ///< The keeper becomes another program: the director has to go.
  int exit_code = 0;

  std::vector<std::deque<Notification>> notes{};  ///< Of each service, not yet read.
  std::map<std::uint32_t, os::Fd> ready_ends{};   ///< Write ends of readiness pipes, by run.
  std::map<std::uint32_t, Ended> ended{};         ///< By run.
  std::set<std::uint32_t> said_ready{};           ///< Runs of which a process has said so.
  std::uint32_t failed_calls = 0;
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

  void name(const os::Fd& fd, Token token);

  os::Fd null_;
  std::vector<Token> tokens_{};
  struct Written {
    std::uint64_t sequence = ~std::uint64_t{0};
    ServiceState state{};
  };
  std::vector<Written> written_;
};

}  // namespace tend::service::world
