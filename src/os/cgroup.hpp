#pragma once
// Control groups, version 2 (cgroups(7)): a folder per tree of processes, that can be killed,
// frozen and watched as a whole. Which one is usable is found by trying, never by asking for
// versions.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

/// A group, by its open directory.
class [[nodiscard]] Cgroup {
 public:
  /// The group that this process is in, if one of cgroup2 is mounted: below the mount of
  /// /proc/self/mountinfo, at the path of /proc/self/cgroup.
  static Result<Cgroup> own();

  static Result<Cgroup> open(const std::string& path);

  /// Makes a group below this one (mkdir) and opens it; one that exists is opened.
  [[nodiscard]] Result<Cgroup> make_child(const std::string& name) const;

  /// Opens a group below this one; ENOENT: there is none.
  [[nodiscard]] Result<Cgroup> child(const std::string& name) const;

  /// Whether a process lives in a group below this one, or below that; not where there is none.
  [[nodiscard]] Result<bool> is_child_populated(const std::string& name) const;

  /// Ends every process in it and below, also those being born (cgroup.kill, Linux 5.14). ENOENT:
  /// the kernel has no such file. It only sends; the end shows in is_populated().
  [[nodiscard]] Result<> kill() const;

  /// Whether this process may move others, or clone, into it. On a hybrid host a process of another
  /// user may be able to make groups, but not to enter them.
  [[nodiscard]] bool can_be_entered() const;

  enum class Frozen : bool { no, yes };
  [[nodiscard]] Result<> freeze(Frozen frozen) const;

  /// Whether a process lives in it or below (cgroup.events); zombies do not count.
  [[nodiscard]] Result<bool> is_populated() const;

  /// cgroup.events: poll it for POLLPRI, or watch it with inotify, to be told of changes.
  [[nodiscard]] Result<Fd> open_events() const;

  /// The processes in it, not below.
  [[nodiscard]] Result<std::vector<std::int32_t>> processes() const;

  /// Removes a group below this one, with all empty groups below that. EBUSY: processes live there.
  [[nodiscard]] Result<> remove_child(const std::string& name) const;

  /// For CLONE_INTO_CGROUP.
  [[nodiscard]] const Fd& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  Cgroup(std::string path, Fd directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  std::string path_;
  Fd directory_;
};

/// The group below which this process can make groups for its children: our own group, if a group
/// can be made there and removed again. Nothing: no cgroup2, read-only, not ours.
[[nodiscard]] std::optional<Cgroup> find_writable_cgroup();

}  // namespace tend::os
