#pragma once
// Process: what can be known of a process, as one value. What is always there comes from
// /proc/PID/stat; the rest is filled in by the Fields that were asked for, and says why where it
// could not be.

#include <tend/capability.hpp>
#include <tend/inspect/descriptor.hpp>
#include <tend/inspect/field.hpp>
#include <tend/inspect/memory_map.hpp>
#include <tend/inspect/state.hpp>
#include <tend/resource.hpp>
#include <tend/signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend::inspect {

/// What to read of each process besides its basic facts. Each is one file of /proc or a folder of
/// them, so one pays for what one asks.
enum class Fields : std::uint32_t {
  none = 0,
  command_line = 1U << 0,
  status = 1U << 1,  ///< Credentials, capabilities, signals, memory, namespaced pids.
  executable = 1U << 2,
  directory = 1U << 3,
  root = 1U << 4,
  environment = 1U << 5,
  cgroups = 1U << 6,  ///< Also what container() looks at.
  limits = 1U << 7,
  namespaces = 1U << 8,
  oom = 1U << 9,
  proportional_memory = 1U << 10,  ///< The kernel walks all pages for it: slow.
  input_output = 1U << 11,
  wait_channel = 1U << 12,
  threads = 1U << 13,
  descriptors = 1U << 14,
  sockets = 1U << 15,  ///< Addresses in `descriptors`: reads the tables of its network namespace.
  memory_map = 1U << 16,
  region_sizes = 1U << 17,  ///< Sizes in `memory_map`: the kernel walks all pages for it: slow.
  all = (1U << 18) - 1,
};

[[nodiscard]] constexpr Fields operator|(Fields a, Fields b) {
  return static_cast<Fields>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
/// Whether one of the wanted is among them.
[[nodiscard]] constexpr bool has(Fields fields, Fields wanted) {
  return (static_cast<std::uint32_t>(fields) & static_cast<std::uint32_t>(wanted)) != 0;
}

/// The kernel counts in these, on every architecture that tend knows (sysconf(_SC_CLK_TCK)).
inline constexpr std::int64_t ticks_per_second = 100;

/// What would not fit, after 292 years, is cut.
[[nodiscard]] constexpr std::chrono::nanoseconds time_of_ticks(std::uint64_t ticks) {
  using std::chrono::nanoseconds;
  constexpr std::int64_t tick_ns = 1'000'000'000 / ticks_per_second;
  constexpr std::uint64_t ticks_max = nanoseconds::max().count() / tick_ns;
  return nanoseconds(static_cast<std::int64_t>(ticks < ticks_max ? ticks : ticks_max) * tick_ns);
}

/// One process since the machine was booted: a pid is reused, together with the start time it is
/// not.
struct Identity {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;  ///< Since boot (CLOCK_BOOTTIME); 0: not known.

  auto operator<=>(const Identity&) const = default;
};

/// sched(7). The numbers are the kernel's SCHED_*.
enum class SchedulingPolicy : std::uint8_t {
  other = 0,
  fifo = 1,
  round_robin = 2,
  batch = 3,
  idle = 5,
  deadline = 6,
  extension = 7,
};

/// "other", "fifo"; "unknown" for a number that has no name here.
[[nodiscard]] std::string_view name_of(SchedulingPolicy policy);

/// When and where it runs (sched(7)).
struct Scheduling {
  SchedulingPolicy policy = SchedulingPolicy::other;
  std::int32_t nice = 0;
  std::uint32_t realtime_priority = 0;  ///< 1 to 99; 0: not a real-time policy.
  std::int32_t last_cpu = 0;

  bool operator==(const Scheduling&) const = default;
};

/// The four user or group ids (credentials(7)).
struct Ids {
  std::uint32_t real = 0;
  std::uint32_t effective = 0;
  std::uint32_t saved = 0;
  std::uint32_t file_system = 0;

  bool operator==(const Ids&) const = default;
};

/// Who it is, and what it may not become (credentials(7), seccomp(2)).
struct Credentials {
  Ids user{};
  Ids group{};
  std::vector<std::uint32_t> supplementary{};
  bool has_no_new_privileges = false;
  std::uint32_t seccomp_mode = 0;                  ///< 0 none, 1 strict, 2 filter.
  std::optional<std::uint32_t> seccomp_filters{};  ///< How many; Linux 5.9.
  std::optional<std::uint32_t> umask{};

  bool operator==(const Credentials&) const = default;
};

/// The five sets (capabilities(7)).
struct Capabilities {
  CapabilitySet inheritable{};
  CapabilitySet permitted{};
  CapabilitySet effective{};
  CapabilitySet bounding{};
  CapabilitySet ambient{};

  bool operator==(const Capabilities&) const = default;
};

/// Masks and dispositions (signal(7)).
struct Signals {
  SignalSet pending{};  ///< For the main thread.
  SignalSet pending_for_all{};
  SignalSet blocked{};
  SignalSet ignored{};
  SignalSet caught{};
  std::uint64_t queued = 0;
  std::uint64_t queued_max = 0;  ///< RLIMIT_SIGPENDING of its user.

  bool operator==(const Signals&) const = default;
};

/// In bytes. Kernel threads and zombies have none.
struct Memory {
  std::uint64_t virtual_bytes = 0;
  std::uint64_t virtual_peak_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t resident_peak_bytes = 0;
  std::uint64_t anonymous_bytes = 0;  ///< Of the resident.
  std::uint64_t file_bytes = 0;       ///< Of the resident.
  std::uint64_t shared_bytes = 0;     ///< Of the resident: shared memory.
  std::uint64_t swapped_bytes = 0;
  std::uint64_t locked_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t stack_bytes = 0;
  std::uint64_t code_bytes = 0;
  std::uint64_t page_table_bytes = 0;

  bool operator==(const Memory&) const = default;
};

/// /proc/PID/status.
struct Status {
  Credentials credentials{};
  Capabilities capabilities{};
  Signals signals{};
  Field<Memory> memory{};
  std::int32_t tracer = 0;                     ///< The pid of its debugger; 0: none.
  std::vector<std::int32_t> namespace_pids{};  ///< From the outermost one that /proc shows inwards.
  std::string allowed_cpus{};                  ///< As the kernel writes it: `0-3,7`.
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;

  bool operator==(const Status&) const = default;
};

/// /proc/PID/smaps_rollup, in bytes.
struct ProportionalMemory {
  std::uint64_t proportional_bytes = 0;  ///< PSS: each page divided by how many share it.
  std::uint64_t private_bytes = 0;       ///< USS: what its end would give back.
  std::uint64_t swapped_proportional_bytes = 0;

  bool operator==(const ProportionalMemory&) const = default;
};

/// /proc/PID/limits: one line of it, with the kernel's own words, so that none is lost that is
/// newer than we are.
struct Limit {
  std::string label{};                  ///< `Max open files`.
  std::string unit{};                   ///< `files`; may be empty.
  std::optional<std::uint64_t> soft{};  ///< Absent: unlimited.
  std::optional<std::uint64_t> hard{};
  std::optional<Resource> resource{};  ///< Absent: the label is newer than we are.

  bool operator==(const Limit&) const = default;
};

/// /proc/PID/ns: `net`, 4026531840.
struct Namespace {
  std::string type{};
  std::uint64_t inode = 0;

  bool operator==(const Namespace&) const = default;
};

/// A line of /proc/PID/cgroup. The unified hierarchy (cgroup2) has number 0 and no controllers.
struct CgroupPlace {
  std::uint32_t hierarchy = 0;
  std::string controllers{};
  std::string path{};  ///< As seen from our own cgroup namespace.

  bool operator==(const CgroupPlace&) const = default;
};

/// /proc/PID/oom_score and oom_score_adj.
struct OomScore {
  std::int32_t score = 0;       ///< Who has the most is killed first when memory runs out.
  std::int32_t adjustment = 0;  ///< -1000 (never) to 1000 (first).

  bool operator==(const OomScore&) const = default;
};

/// /proc/PID/io.
struct InputOutput {
  std::uint64_t read_bytes = 0;  ///< By read calls, from anything.
  std::uint64_t written_bytes = 0;
  std::uint64_t read_calls = 0;
  std::uint64_t write_calls = 0;
  std::uint64_t storage_read_bytes = 0;  ///< What really came from a disk.
  std::uint64_t storage_written_bytes = 0;

  bool operator==(const InputOutput&) const = default;
};

/// /proc/PID/task/TID.
struct Thread {
  std::int32_t tid = 0;
  std::uint64_t start_ticks = 0;
  std::string name{};
  State state = State::unknown;
  std::chrono::nanoseconds user_time{};
  std::chrono::nanoseconds system_time{};
  Scheduling scheduling{};
  /// Where its stack is, for telling regions apart. Only for a thread that sleeps in the kernel and
  /// may be traced by us.
  std::optional<std::uint64_t> stack_pointer{};

  bool operator==(const Thread&) const = default;
};

/// All threads of a process.
struct Threads {
  std::vector<Thread> all{};  ///< The main thread first, then by tid.
  bool is_cut = false;        ///< There were more than `threads_max`.

  bool operator==(const Threads&) const = default;
};

/// A bound on what another process can make us read.
inline constexpr std::size_t threads_max = 1'000'000;

struct Process {
  Identity identity{};

  /// The parent at the moment of the reading. pid 0: none that /proc shows. `start_ticks` is known
  /// in a Snapshot that holds the parent, and then it is this very process, not a later owner of
  /// its pid.
  Identity parent{};

  /// As the kernel has it: up to 15 bytes (more for kernel threads), any bytes.
  std::string name{};
  State state = State::unknown;
  bool is_kernel_thread = false;
  bool has_executed = false;  ///< It has called exec since it was forked.
  std::int32_t group = 0;
  std::int32_t session = 0;
  std::uint32_t terminal = 0;          ///< Device number of its terminal; 0: none.
  std::int32_t foreground_group = -1;  ///< Of its terminal; -1: none.
  std::int64_t thread_count = 0;
  std::chrono::nanoseconds user_time{};
  std::chrono::nanoseconds system_time{};
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;  ///< Those that had to wait for a disk.
  Scheduling scheduling{};
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes =
      0;  ///< Exact with Fields::status; an estimate without (Linux 6.2).

  /// Arguments with a NUL after each. Empty: it has none, as threads of the kernel, or none yet,
  /// because it is just executing.
  Field<std::string> command_line{};
  Field<Status> status{};
  Field<std::string> executable{};  ///< The path, ` (deleted)` behind it when the file is gone.
  Field<std::string> directory{};
  Field<std::string> root{};
  Field<std::string> environment{};  ///< As it was at exec: `KEY=VALUE`, a NUL after each.
  Field<std::vector<CgroupPlace>> cgroups{};
  Field<std::vector<Limit>> limits{};
  Field<std::vector<Namespace>> namespaces{};
  Field<OomScore> oom{};
  Field<ProportionalMemory> proportional_memory{};
  Field<InputOutput> input_output{};
  Field<std::string> wait_channel{};  ///< The function of the kernel in which it sleeps; or empty.
  Field<Threads> threads{};
  Field<Descriptors> descriptors{};
  Field<MemoryMap> memory_map{};

  /// Since boot, to a tick.
  [[nodiscard]] std::chrono::nanoseconds started() const {
    return time_of_ticks(identity.start_ticks);
  }
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const { return user_time + system_time; }

  bool operator==(const Process&) const = default;
};

/// The parts of a command line or environment: the texts between the NULs.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view nul_separated);

/// The arguments of a command line. A program may write a title over them (`nginx: worker
/// process`): then it is the only one, and the NULs that the longer text before left behind it are
/// none.
[[nodiscard]] std::vector<std::string_view> arguments_of(std::string_view command_line);

/// What runs a process in a container, as its cgroups tell it.
struct Container {
  std::string engine{};  ///< docker, podman, kubernetes, containerd, crio, lxc,
                         ///< systemd-nspawn; "container" if only that is clear.
  std::string id{};

  bool operator==(const Container&) const = default;
};

/// A hint, not a proof: a cgroup can have any name. Nothing: no sign of a container.
[[nodiscard]] std::optional<Container> container_of(const std::vector<CgroupPlace>& cgroups);

/// The path in the unified hierarchy; nothing where only version 1 is mounted.
[[nodiscard]] std::optional<std::string_view> unified_cgroup(
    const std::vector<CgroupPlace>& cgroups);

}  // namespace tend::inspect
