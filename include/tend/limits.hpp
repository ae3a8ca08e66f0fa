#pragma once
// Limits: how much a process may use (getrlimit(2)), how many processes and threads there can be,
// and what a failed start means in words and numbers.

#include <tend/error.hpp>
#include <tend/resource.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend {

/// The soft limit is in force; a process may raise its own up to the hard one, and lower both.
struct ResourceLimit {
  std::uint64_t soft = unlimited;
  std::uint64_t hard = unlimited;

  bool operator==(const ResourceLimit&) const = default;
};

/// `RLIMIT_NOFILE`.
[[nodiscard]] std::string_view name_of(Resource resource);

/// The limit of a process; 0: of this one. Errors: ESRCH, there is none; EPERM, another user's
/// process without CAP_SYS_RESOURCE.
[[nodiscard]] Result<ResourceLimit> limit_of(Resource resource, std::int32_t pid = 0);

/// Sets it at once, also for another process (prlimit(2)); what it was. Children that are started
/// afterwards inherit it. Errors as above; EPERM also, raising the hard limit needs
/// CAP_SYS_RESOURCE; EINVAL, the soft limit is above the hard one.
Result<ResourceLimit> set_limit(Resource resource, ResourceLimit limit, std::int32_t pid = 0);

/// One of the things that limit how many processes and threads there can be. Each thread counts.
struct StartLimit {
  std::string what{};  ///< `threads of user 1000 (RLIMIT_NPROC)`.
  std::uint64_t used = 0;
  std::uint64_t most = 0;

  [[nodiscard]] std::uint64_t left() const { return used < most ? most - used : 0; }

  bool operator==(const StartLimit&) const = default;
};

/// How things stand right now. What a container hides from /proc is not counted.
struct StartLimits {
  std::uint32_t user = 0;            ///< The real user id of this process.
  std::uint64_t user_processes = 0;  ///< That run as this user.
  std::uint64_t user_threads = 0;    ///< Of these processes together; what RLIMIT_NPROC counts.

  /// All that are in force for this process: RLIMIT_NPROC (which root and CAP_SYS_RESOURCE do not
  /// know), threads-max and pid_max of the machine, pids.max of its cgroup and of those above.
  std::vector<StartLimit> limits{};

  /// The one with the least left.
  [[nodiscard]] std::optional<StartLimit> nearest() const;
};

/// Errors: /proc is not there.
[[nodiscard]] Result<StartLimits> start_limits();

/// What it means that a process or thread could not be started with this errno, and what to do:
/// `no more processes or threads: ...`. The numbers are those of `limits`.
[[nodiscard]] std::string explain_start_failure(int code, const StartLimits& limits);

/// The same with the numbers of now.
[[nodiscard]] std::string explain_start_failure(int code);

}  // namespace tend
