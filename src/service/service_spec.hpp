#pragma once
// What a project is to run: the validated, fully resolved description of every service and task.
// The command that reads `tend.toml` makes it; it lies encoded in the state file, so that a new
// director or recorder finds it again. Plain values, no behaviour.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tend::service {

using std::chrono::milliseconds;

/// A list of texts that many services have in common, such as an environment: copies share it.
class SharedTexts {
 public:
  using value_type = std::string;
  using const_iterator = std::vector<std::string>::const_iterator;

  SharedTexts() = default;
  SharedTexts(std::vector<std::string> texts)  // NOLINT(google-explicit-constructor): it is one.
      : texts_(std::make_shared<const std::vector<std::string>>(std::move(texts))) {}
  SharedTexts(std::initializer_list<std::string> texts)
      : SharedTexts(std::vector<std::string>(texts)) {}

  [[nodiscard]] const std::vector<std::string>& list() const noexcept {
    static const std::vector<std::string> none;
    return texts_ ? *texts_ : none;
  }
  [[nodiscard]] const_iterator begin() const noexcept { return list().begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return list().end(); }
  [[nodiscard]] std::size_t size() const noexcept { return list().size(); }

  bool operator==(const SharedTexts& other) const {
    return texts_ == other.texts_ || list() == other.list();
  }

 private:
  std::shared_ptr<const std::vector<std::string>> texts_{};
};

/// A service is kept up; a task runs once, to its end.
enum class Kind : std::uint8_t { service, task };

enum class RestartWhen : std::uint8_t { always, failure, never };

/// When and how soon an ended run is followed by the next one. The first restart comes at once,
/// unless a delay was asked for (then `first_at_once` is false); the next one waits `delay`, and
/// each further one `factor` times longer, spread by +-`jitter`, up to `max_delay`. A run that
/// lasted `reset_after` forgives what was before. More than `limit` ends in `limit_window` lead to
/// a pause of `cool_down`.
struct RestartPolicy {
  RestartWhen when = RestartWhen::failure;
  bool first_at_once = true;
  milliseconds delay{100};
  double factor = 2.0;
  double jitter = 0.1;
  milliseconds max_delay{30'000};
  milliseconds reset_after{10'000};
  std::uint32_t limit = 10;
  milliseconds limit_window{60'000};
  milliseconds cool_down{60'000};

  bool operator==(const RestartPolicy&) const = default;
};

/// One rung of the stop ladder: send `signal`, then wait this long for the end of the whole tree.
/// The wait of the last rung is not a limit: after it the service is shown as stuck.
struct StopStage {
  int signal = 15;
  milliseconds wait{8'000};

  bool operator==(const StopStage&) const = default;
};

enum class ReadyMeans : std::uint8_t { none, notify, fd, tcp, http, exec, delay };

/// How a service tells, or is asked, whether it is ready.
struct Readiness {
  ReadyMeans means = ReadyMeans::none;
  int fd = -1;              ///< fd: a newline on this descriptor (3 or higher) of the service.
  std::string host{};       ///< tcp, http: an IP address (names are resolved at validation).
  std::uint16_t port = 0;   ///< tcp, http.
  std::string http_host{};  ///< http: the Host header, as the URL had it.
  std::string path{};       ///< http: the path with its query; a 2xx or 3xx answer is ready.
  std::vector<std::string> exec{};  ///< exec: a command; exit code 0 is ready.
  milliseconds delay{0};            ///< delay: ready after this time alive.
  milliseconds timeout{60'000};     ///< Not ready after this: stopped, and counted as a failure.
  milliseconds every{250};          ///< Pause between two attempts of tcp, http, exec.

  bool operator==(const Readiness&) const = default;
};

/// `block`: a full disk holds the writer back, no byte is lost. `drop`: bytes that cannot be
/// written are dropped and counted.
enum class LogPolicy : std::uint8_t { block, drop };

struct LogSpec {
  std::uint64_t max_size_bytes = 16ULL * 1024 * 1024;
  std::uint32_t keep = 5;  ///< Rotated files kept beside the current one.
  LogPolicy policy = LogPolicy::block;

  bool operator==(const LogSpec&) const = default;
};

/// How far a requirement must have come before the one who requires it starts. `by_default`:
/// completed for a task, ready for a service with a readiness means, else started.
enum class Until : std::uint8_t { started, ready, completed };

/// An edge of the dependency graph, by index into ProjectSpec::services.
struct Requirement {
  std::uint32_t on = 0;
  Until until = Until::started;
  bool restart = false;  ///< When it is started anew, so is the one who requires it.

  bool operator==(const Requirement&) const = default;
};

/// One resource limit: RLIMIT_* number, soft and hard value (UINT64_MAX = unlimited).
struct Limit {
  int resource = 0;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  bool operator==(const Limit&) const = default;
};

/// The ids a run gets. The supplementary groups are those of the user, resolved at validation.
struct Identity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups{};

  bool operator==(const Identity&) const = default;
};

struct ServiceSpec {
  std::string name{};
  Kind kind = Kind::service;
  std::vector<std::string> argv{};     ///< A string in the file is {"/bin/sh", "-c", string}.
  std::string cwd{};                   ///< Absolute.
  SharedTexts env{};                   ///< The whole environment, KEY=VALUE; tend adds its own.
  std::optional<Identity> identity{};  ///< Absent: the same as tend's.
  std::uint32_t umask = 022;
  std::vector<Limit> limits{};
  std::vector<Requirement> requires_{};  ///< `requires`: needed, and waited for.
  std::vector<std::uint32_t> after{};    ///< `after`, and `before` turned round: order only.
  Readiness ready{};
  RestartPolicy restart{};
  std::vector<StopStage> stop{{15, milliseconds{8'000}}, {9, milliseconds{2'000}}};
  LogSpec log{};
  bool essential = false;  ///< When it has ended for good, the project stops with its exit code.

  bool operator==(const ServiceSpec&) const = default;
};

struct ProjectSpec {
  std::string name{};         ///< Of the project; names its directories.
  std::string file{};         ///< Absolute path of the config file.
  std::string runtime_dir{};  ///< Absolute; holds the state file and the control socket.
  std::string log_dir{};      ///< Absolute; holds NAME.log of each service.
  /// What an ordered stop of everything may take; then the rest is killed. 0: see stop_budget.hpp.
  milliseconds stop_within{0};
  std::vector<ServiceSpec> services{};

  bool operator==(const ProjectSpec&) const = default;
};

}  // namespace tend::service
