#pragma once
// The layout of the state file: one mapped file per project, shared by keeper, director and
// recorder, that outlives each of them. Freestanding: the keeper knows it too.
//
//   Header | specs (encoded ProjectSpec) | Record[n] | ChildSlot[n] | ExitReport[n] | Stored[m]
//
// Every part has one writer, so there are no locks:
//   the command `tend up`  the header's first part, the specs, and the first descriptors; all of it
//                          while neither keeper nor director lives
//   director               Record (two copies and a sequence number: a kill -9 amid a write leaves
//                          the last whole copy valid) and DirectorPart
//   keeper                 ExitReport, Stored and KeeperPart
//   kernel and child       ChildSlot: the pid before the child runs; the step that failed
//   recorder               RecorderPart
// Records, slots and reports lie in arrays of their own so that the keeper finds a pid among 10,000
// in one short scan.
//
// All times are CLOCK_MONOTONIC nanoseconds (they mean nothing after a reboot, hence the boot id),
// except where a name ends in `_realtime_ns`.

#include <cstddef>
#include <cstdint>

#include "os/raw/child_slot.hpp"

namespace tend::service {

using os::raw::ChildSlot;

inline constexpr char state_magic[8] = {'t', 'e', 'n', 'd', 's', 't', 'a', 't'};
inline constexpr std::uint32_t state_version = 3;
inline constexpr std::size_t boot_id_bytes = 40;
inline constexpr std::uint32_t no_record = 0xffff'ffff;

/// Written by the keeper when the leader of a run has ended, before anything else happens. The
/// director acknowledges with `Record::acknowledged_run` and an `acknowledge` message; until then
/// the keeper leaves the zombie in place, so that neither its pid nor its process group can be
/// reused.
struct ExitReport {
  std::uint32_t run = 0;       ///< Set last (release): the report is whole when it shows the run.
  std::int32_t code = 0;       ///< si_code: CLD_EXITED, CLD_KILLED or CLD_DUMPED.
  std::int32_t status = 0;     ///< si_status: exit code or signal number.
  std::uint32_t sequence = 0;  ///< Order of all reports of this project.
  std::uint64_t ended_ns = 0;
  std::uint64_t user_us = 0;  ///< CPU time of the leader and the children it waited for.
  std::uint64_t system_us = 0;
  std::uint64_t max_rss_kib = 0;
};

/// What a stored descriptor is for. Values are part of the file format.
enum class StoredKind : std::uint32_t {
  none = 0,
  state_file = 1,
  lock_file = 2,       ///< flock()ed: whoever holds it owns the project. Keeper only.
  program = 3,         ///< O_PATH of the `tend` that director and recorder are started from.
  control_socket = 4,  ///< Listening; director.
  viewer = 5,          ///< pidfd of the viewer; its end stops the project. Director.
  staging_read = 6,    ///< The recorder's staging pipe.
  staging_write = 7,
  report_event = 8,      ///< eventfd: reports and requests wait. Director.
  notify_socket = 9,     ///< One per service with ready = "notify". Director.
  ready_pipe = 10,       ///< Read end for ready = { fd = N }. Director.
  log_pipe = 11,         ///< Read end of a run's output. Recorder.
  handover_socket = 12,  ///< Listening; the recorder gives its copies there to the next keeper.
  handover_peer = 13,  ///< The next keeper's end; closed when it no longer needs the old recorder.
  leader =
      14,  ///< pidfd of the leader of an adopted run, who is no child of this keeper. Director.
  next_program = 15,      ///< O_PATH of the `tend` that an upgrade leads to. Keeper only.
  next_keeper = 16,       ///< O_PATH of the `tend-keeper` that an upgrade leads to. Keeper only.
  previous_program = 17,  ///< `program` before the last upgrade. Keeper only.
};

/// How the present recorder came by a descriptor. A recorder that starts takes over those `by_exec`
/// and no others: what is stored while it starts comes as a message, and its number in the keeper
/// may mean something else in the recorder.
enum class Passed : std::uint32_t { not_yet = 0, by_exec = 1, by_message = 2 };

/// One descriptor that must survive, held by the keeper under number `fd`; its users inherit it by
/// exec under the same number.
struct Stored {
  StoredKind kind = StoredKind::none;
  std::uint32_t record = no_record;
  std::uint32_t run = 0;
  std::int32_t fd = -1;
  Passed passed = Passed::not_yet;
  /// Of a log pipe: when every copy of its read end is lost, it is found again by this among the
  /// descriptors of the service, which holds it too. 0: not known.
  std::uint64_t inode = 0;
};

struct KeeperPart {
  std::int32_t keeper_pid = 0;
  std::int32_t director_pid = 0;
  std::int32_t recorder_pid = 0;
  std::uint32_t director_starts = 0;
  std::uint32_t recorder_starts = 0;
  std::uint32_t report_sequence = 0;
  std::uint32_t orphans_reaped = 0;
  std::uint32_t stop_requests = 0;  ///< Signals that asked the keeper to end: 1 stops, 2 hurries.
  std::uint32_t adoptions = 0;      ///< How often a new keeper took over from a dead one.
  std::uint32_t upgrades = 0;       ///< How often the keeper became another program.
  /// Stored descriptors from here on are all `none`. The keeper counts them anew when it begins.
  std::uint32_t stored_used = 0;
};

struct DirectorPart {
  std::uint32_t last_run = 0;  ///< Run ids are unique in the project; the last one given.
  std::uint32_t stopping = 0;  ///< 0 no; 1 the project is going down; 2 and hurrying.
  std::int32_t exit_code = 0;  ///< What the keeper will exit with.
  std::uint32_t spare = 0;
  std::int64_t stop_began_ns = 0;  ///< Since when the project is going down; set before `stopping`.
};

/// Why the recorder cannot write, and whose bytes lie in the staging pipe.
struct RecorderPart {
  std::uint32_t staging_record = no_record;  ///< Set before the first byte enters the pipe.
  std::uint32_t staging_run = 0;
  std::int32_t blocked_errno = 0;  ///< 0: not blocked.
  std::uint32_t spare = 0;
};

struct StateHeader {
  char magic[8] = {};
  std::uint32_t version = 0;
  std::uint32_t record_count = 0;
  char boot_id[boot_id_bytes] = {};
  std::uint64_t total_bytes = 0;
  std::uint64_t specs_offset = 0;
  std::uint64_t specs_bytes = 0;
  std::uint64_t specs_digest = 0;  ///< FNV-1a of the specs, to tell "the same file".
  std::uint64_t records_offset = 0;
  std::uint64_t record_stride =
      0;  ///< Bytes per Record (director_state.hpp; opaque to the keeper).
  std::uint64_t slots_offset = 0;
  std::uint64_t reports_offset = 0;
  std::uint64_t acknowledged_offset =
      0;                             ///< uint32 per record: the last run whose end is dealt with.
  std::uint64_t dropped_offset = 0;  ///< uint64 per record: log bytes dropped (recorder).
  std::uint64_t stored_offset = 0;
  std::uint32_t stored_count = 0;
  std::uint32_t mark_token = 0;  ///< Upper half of the RLIMIT_LOCKS mark of this project's runs.
  std::uint64_t created_realtime_ns = 0;
  std::int32_t starter_pid = 0;  ///< Of the `tend up` that made the file.
  std::uint32_t is_pid_one = 0;

  alignas(64) KeeperPart keeper{};
  alignas(64) DirectorPart director{};
  alignas(64) RecorderPart recorder{};
};

/// The mark every process of a run inherits as RLIMIT_LOCKS, soft = hard: unused by the kernel,
/// readable in /proc/PID/limits.
constexpr std::uint64_t mark_of(std::uint32_t token, std::uint32_t run) noexcept {
  return (static_cast<std::uint64_t>(token & 0x00ff'ffff) | 0x0100'0000) << 32 | run;
}

}  // namespace tend::service
