#pragma once
// The kernel's limits of resources and of processes, and how much of them is used.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tend::os {

struct LimitPair {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

/// prlimit(2); pid 0: this process. With `wanted` it is set; what it was.
Result<LimitPair> exchange_limit(int resource, std::optional<LimitPair> wanted, std::int32_t pid);

/// A number of /proc/sys/kernel: `pid_max`, `threads-max`.
Result<std::uint64_t> kernel_setting(const std::string& name);

/// All threads of all processes of the machine (/proc/loadavg).
Result<std::uint64_t> threads_of_machine();

struct UserLoad {
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
};

/// What runs with this real user id, as far as /proc shows it.
Result<UserLoad> load_of_user(std::uint32_t uid);

[[nodiscard]] std::uint32_t real_uid() noexcept;

/// Whether RLIMIT_NPROC is in force for this process: it is not for root, nor with CAP_SYS_RESOURCE
/// or CAP_SYS_ADMIN (getrlimit(2)).
[[nodiscard]] bool is_process_limit_in_force() noexcept;

}  // namespace tend::os
