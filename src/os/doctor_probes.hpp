#pragma once
// What this kernel and sandbox allow, found out by trying each thing once. It changes nothing that
// lasts: a group or file that a probe makes is removed again.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "os/pipe.hpp"
#include "os/spawn_means.hpp"

namespace tend::os {

struct CgroupProbe {
  std::string path{};     ///< Where groups can be made; empty: nowhere.
  std::string refusal{};  ///< Why nowhere.
  bool has_kill = false;
};

struct ProcProbe {
  bool is_readable = false;     ///< Our own entry.
  bool shows_all = false;       ///< The entry of pid 1 (not with hidepid).
  bool shows_children = false;  ///< /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN).
};

struct DirectoryProbe {
  std::string path{};  ///< The nearest directory above that exists, or itself.
  bool is_writable = false;
  bool is_in_memory = false;
};

struct DoctorProbes {
  std::string kernel{};  ///< `6.1.0-13-amd64 x86_64`.
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  bool has_no_new_privs = false;
  SpawnMeans spawn{};
  Result<> pidfd{};
  bool has_exit_info = false;  ///< Exit codes of processes that are not our children.
  Result<> close_range{};
  Result<> mark{};  ///< RLIMIT_LOCKS can be read back from /proc.
  CgroupProbe cgroup{};
  ProcProbe proc{};
  Result<DurableMeans> durable_pipe{};
  Result<> event_loop{};  ///< epoll, signalfd, eventfd, inotify.
  std::uint64_t descriptors_soft = 0;
  std::uint64_t descriptors_hard = 0;
  DirectoryProbe runtime{};
  DirectoryProbe logs{};
};

/// `runtime_dir` and `log_dir` are where tend would keep its files; they need not exist.
[[nodiscard]] DoctorProbes probe_everything(const std::string& runtime_dir,
                                            const std::string& log_dir);

}  // namespace tend::os
