#pragma once
// Snapshot: all processes, read in one pass; and the same for one process. Nothing is locked while
// it is read: processes start and end meanwhile, but no record is half of one and half of another,
// because every file of a process is reached through one directory descriptor, which stays with
// that process when its pid is reused.

#include <tend/error.hpp>
#include <tend/inspect/process.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tend::inspect {

/// How /proc is mounted for those who may not trace a process (proc(5), hidepid).
enum class Hiding : std::uint8_t {
  none,
  contents,   ///< 1: processes of others are listed, but nothing of them can be read.
  existence,  ///< 2 and 4: they are not even listed.
};

/// What /proc shows us.
struct View {
  Hiding hiding = Hiding::none;

  /// Whether the pids are those of our own pid namespace. If not, a pid from here must not be used
  /// in a system call: it means another process there, or none.
  bool is_own_namespace = true;

  /// For a person: why the list may be incomplete; empty if nothing is hidden from us.
  [[nodiscard]] std::string note() const;

  bool operator==(const View&) const = default;
};

/// Who is wanted; all conditions that are set must hold. Those about user, parent and cgroup are
/// asked from the kernel before anything is read, where it can tell (PIDFD_GET_INFO, Linux 6.13);
/// the name is looked at alone before the rest is read.
struct Filter {
  std::optional<std::uint32_t> user{};   ///< Effective user id.
  std::optional<std::int32_t> parent{};  ///< A pid.
  std::optional<std::string> cgroup{};   ///< Path in the unified hierarchy, groups below included.
  std::optional<std::string> name{};     ///< Exactly the `name` of the process.

  [[nodiscard]] bool is_empty() const { return !user && !parent && !cgroup && !name; }
  bool operator==(const Filter&) const = default;
};

/// What is read, and of whom.
struct SnapshotOptions {
  Fields fields = Fields::command_line;
  Filter filter{};
};

/// The processes that were there while /proc was read. None is mixed from two that had the same
/// pid.
class Snapshot {
 public:
  /// Errors: no /proc, or none that shows processes; too many open files.
  [[nodiscard]] static Result<Snapshot> take(const SnapshotOptions& options = {});

  /// By pid.
  [[nodiscard]] std::span<const Process> processes() const { return processes_; }

  /// None: nullptr. It points into processes().
  [[nodiscard]] const Process* find(std::int32_t pid) const;
  /// The same process, not a later one with its pid.
  [[nodiscard]] const Process* find(const Identity& identity) const;

  /// How /proc was mounted at that time.
  [[nodiscard]] const View& view() const { return view_; }

  /// How many were listed but had ended before anything could be read of them.
  [[nodiscard]] std::size_t vanished() const { return vanished_; }

  /// How many were listed but nothing of them may be read (Hiding::contents).
  [[nodiscard]] std::size_t unreadable() const { return unreadable_; }

  /// When the reading began, since boot (CLOCK_BOOTTIME).
  [[nodiscard]] std::chrono::nanoseconds taken() const { return taken_; }

 private:
  std::vector<Process> processes_{};
  View view_{};
  std::size_t vanished_ = 0;
  std::size_t unreadable_ = 0;
  std::chrono::nanoseconds taken_{};
};

/// One process. ESRCH: there is none. EACCES or EPERM: nothing of it may be read (hidepid).
[[nodiscard]] Result<Process> read_process(std::int32_t pid, Fields fields = Fields::all);

/// The same, and ESRCH also if its pid has been reused.
[[nodiscard]] Result<Process> read_process(const Identity& identity, Fields fields = Fields::all);

/// What /proc shows this process. Errors: no /proc.
[[nodiscard]] Result<View> proc_view();

/// How long the process had lived when the snapshot was taken.
[[nodiscard]] std::chrono::nanoseconds age_of(const Process& process, const Snapshot& at);

/// Processor time per time, 1.0 for one processor all the time, since its start.
[[nodiscard]] double average_cpu(const Process& process, const Snapshot& at);

/// The same between two snapshots; since its start, if it was not in the earlier one.
[[nodiscard]] double recent_cpu(const Process& process, const Snapshot& earlier,
                                const Snapshot& later);

}  // namespace tend::inspect
