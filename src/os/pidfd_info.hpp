#pragma once
// What the kernel tells of a process through its pidfd in one call (ioctl PIDFD_GET_INFO, Linux
// 6.13), also when /proc is missing.

#include <cstdint>
#include <expected>

#include "os/fd.hpp"

namespace tend::os {

/// linux/pidfd.h: the first 64 bytes of the structure, which all kernels that know it have.
struct PidfdInfo {
  std::uint64_t mask = 0;  ///< In: what is asked for; out: what is there. PIDFD_INFO_*.
  std::uint64_t cgroup_id = 0;
  std::uint32_t pid = 0;
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::uint32_t ruid = 0;
  std::uint32_t rgid = 0;
  std::uint32_t euid = 0;
  std::uint32_t other_ids[5] = {};
  std::int32_t exit_code = 0;  ///< The status word of wait(2).

  static constexpr std::uint64_t has_pid = 1U << 0U;
  static constexpr std::uint64_t has_credentials = 1U << 1U;
  static constexpr std::uint64_t has_cgroup = 1U << 2U;
  static constexpr std::uint64_t has_exit = 1U << 3U;  ///< Linux 6.15, once it is reaped.

  [[nodiscard]] bool has(std::uint64_t bits) const noexcept { return (mask & bits) == bits; }
};
static_assert(sizeof(PidfdInfo) == 64);

/// Asks for what `mask` names; see has() for what came. The errno otherwise: ENOTTY or EINVAL where
/// the kernel does not know the call.
[[nodiscard]] std::expected<PidfdInfo, int> pidfd_info(const Fd& pidfd, std::uint64_t mask);

}  // namespace tend::os
