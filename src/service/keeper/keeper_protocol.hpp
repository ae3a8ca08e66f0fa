#pragma once
// The messages between the keeper and its two helpers: fixed records over a SOCK_SEQPACKET pair,
// with a descriptor attached where the name says so. Freestanding. What must not be lost is never
// only in a message: exits, acknowledgements and stored descriptors are in the state file.

#include <cstdint>

#include "service/state_table.hpp"

namespace tend::service::keeper {

enum class MessageType : std::uint32_t {
  none = 0,
  store = 1,        ///< director -> keeper, with descriptor: keep it as {kind, record, run}.
  stored = 2,       ///< keeper -> director: the answer; `value` is 0 or an errno.
  drop = 3,         ///< director -> keeper: close what is stored as {kind, record, run}.
  acknowledge = 4,  ///< director -> keeper: look at the acknowledged runs and reap.
  finish = 5,       ///< director -> keeper: all services have ended; exit with `value`.
                    ///< keeper -> recorder: write what is left, then exit.
  pass = 6,         ///< keeper -> recorder, with descriptor: its copy of what is stored as {kind,
                    ///< record, run}; a log pipe is to be read.
  log_ended = 7,    ///< recorder -> keeper: end of file was reached on {record, run}; drop it.
  upgrade = 8,      ///< director -> keeper: become what is stored as next_keeper.
  upgraded = 9,     ///< keeper -> director: that did not work; `value` is the errno.
};

struct Message {
  MessageType type = MessageType::none;
  StoredKind kind = StoredKind::none;
  std::uint32_t record = no_record;
  std::uint32_t run = 0;
  std::int32_t value = 0;
  std::uint32_t spare = 0;
  std::uint64_t inode = 0;  ///< store of a log pipe.
};

enum class Helper : std::uint8_t { director, recorder };

/// Which helper a stored descriptor is for.
constexpr bool is_for(StoredKind kind, Helper helper) noexcept {
  switch (kind) {
    case StoredKind::none:
    case StoredKind::lock_file:
    case StoredKind::program:
    case StoredKind::handover_peer:
    case StoredKind::next_program:
    case StoredKind::next_keeper:
    case StoredKind::previous_program: return false;
    case StoredKind::state_file: return true;
    case StoredKind::control_socket:
    case StoredKind::viewer:
    case StoredKind::report_event: return helper == Helper::director;
    // The recorder, who outlives us, holds copies for the next keeper.
    case StoredKind::notify_socket:
    case StoredKind::ready_pipe:
    case StoredKind::leader: return true;
    case StoredKind::staging_read:
    case StoredKind::staging_write:
    case StoredKind::handover_socket:
    case StoredKind::log_pipe: return helper == Helper::recorder;
  }
  return false;
}

/// Of the table that a keeper leaves to the program that it becomes (upgrade.hpp).
inline constexpr std::uint32_t upgrade_version = 1;

/// The exit code by which `tend-keeper check` says yes: none that other programs say by chance.
inline constexpr int upgrade_check_passed = 86;

/// The helpers are started as `tend-director STATE_FD SOCKET_FD` and `tend-recorder STATE_FD
/// SOCKET_FD`; all other descriptors they inherit are listed in the state file (Stored).
inline constexpr const char* director_name = "tend-director";
inline constexpr const char* recorder_name = "tend-recorder";

}  // namespace tend::service::keeper
