#pragma once
// The words between a client and the director: one JSON object per line over a unix stream socket.
// A client sends one Request; answers are Reply lines, the last of which is Done
// (docs/protocol.md). Pure: values to text and back; reading trusts nothing.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tend::service {

inline constexpr std::size_t request_bytes_max = 64 * 1024;

enum class Verb : std::uint8_t {
  status,  ///< ServiceStatus of each (named) service, ProjectStatus, Done.
  start,   ///< Wish them up, with what they require; Done when each is ready, or cannot be.
  stop,    ///< Wish them down, those that require them first; Done when their trees are gone.
  restart,
  down,  ///< Stop everything and end the project; Progress lines; the connection closes at the end.
  hurry,    ///< Whatever is stopping: on to the next stage at once.
  upgrade,  ///< Go on as the programs `tend` and `keeper`; the connection closes when it is done.
  watch,  ///< A ServiceStatus of each, then an Occurrence for every change, until the client goes.
};

struct Request {
  Verb verb = Verb::status;
  std::vector<std::string> names{};  ///< Empty: all.
  std::optional<std::int64_t>
      wait_ms{};       ///< start, stop, restart: give up waiting after this; 0: do not wait.
  std::string tend{};  ///< upgrade: absolute paths.
  std::string keeper{};

  bool operator==(const Request&) const = default;
};

/// `exited` with a code, `killed` by a signal (`dumped` core), `not started` (step and errno), or
/// `unknown`: nobody could tell.
struct LastExit {
  std::string how{};
  std::optional<std::int64_t> code{};   ///< exited: 0..255.
  std::optional<std::string> signal{};  ///< killed, dumped: "SIGTERM".
  std::string text{};                   ///< "exited with 3", "killed by SIGSEGV (core dumped)".

  bool operator==(const LastExit&) const = default;
};

/// One service or task as `tend status --json` prints it (keys: supervisor.md; absent is null).
struct ServiceStatus {
  std::string name{};
  std::string kind{};   ///< "service" or "task".
  std::string state{};  ///< The word of the phase: "cooling-down".
  bool ready = false;
  bool wanted = false;
  std::optional<std::int64_t> pid{};
  std::int64_t since_realtime_ns = 0;
  std::optional<std::int64_t> uptime_ms{};
  std::uint32_t run = 0;
  std::uint32_t restarts = 0;
  std::optional<LastExit> last_exit{};
  std::optional<std::int64_t> next_attempt_ms{};  ///< backoff, cooling-down: from now.
  std::string reason{};                           ///< One sentence: why it is in this state.
  std::vector<std::string> waiting_for{};  ///< waiting: the names that hold it back; stopping: too.
  std::vector<std::int64_t> leftovers{};   ///< stopping: pids that still live.
  std::string status_text{};               ///< STATUS= of the service.
  std::string tree{};  ///< Means of whole-tree stop: "cgroup" or "ancestry and mark".
  std::string log{};   ///< Absolute path of the current log file.
  std::uint64_t log_bytes_dropped = 0;

  bool operator==(const ServiceStatus&) const = default;
};

struct ProjectStatus {
  std::string name{};
  std::string file{};
  std::string runtime_dir{};
  std::string log_dir{};
  std::int64_t keeper_pid = 0;
  std::int64_t director_pid = 0;
  std::int64_t recorder_pid = 0;
  std::uint32_t director_starts = 0;
  std::uint32_t recorder_starts = 0;
  std::int64_t since_realtime_ns = 0;
  std::string tree{};
  std::uint32_t orphans_reaped = 0;
  std::vector<std::int64_t> unclaimed{};  ///< Living orphans that belong to no service.
  std::string log_blocked{};              ///< Why the recorder cannot write; empty: it can.
  bool stopping = false;

  bool operator==(const ProjectStatus&) const = default;
};

/// A change of one service, for those who watch: `text` is a whole sentence for people.
struct Occurrence {
  std::int64_t realtime_ns = 0;
  std::string name{};  ///< Empty: of the project.
  std::string state{};
  std::string text{};
  bool is_bad = false;  ///< A failure: shown in red.

  bool operator==(const Occurrence&) const = default;
};

/// What a running command is waiting for.
struct Progress {
  std::string text{};
  std::vector<std::string> waiting_for{};

  bool operator==(const Progress&) const = default;
};

/// The last line of an answer. `code` is the exit code for the client.
struct Done {
  int code = 0;
  std::string message{};  ///< What did not work; empty on success.

  bool operator==(const Done&) const = default;
};

using Reply = std::variant<ServiceStatus, ProjectStatus, Occurrence, Progress, Done>;

/// One line without the newline.
[[nodiscard]] std::string to_line(const Request& request);
[[nodiscard]] std::string to_line(const Reply& reply);

/// Errors: step "read request" / "read reply" with what is wrong.
[[nodiscard]] Result<Request> parse_request(std::string_view line);
[[nodiscard]] Result<Reply> parse_reply(std::string_view line);

/// `tend status --json`: the object of one service, and of the project.
[[nodiscard]] std::string status_json(const ServiceStatus& status);
[[nodiscard]] std::string status_json(const ProjectStatus& status);

[[nodiscard]] std::string_view word(Verb verb) noexcept;

}  // namespace tend::service
