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
  log_pipe = 6,     ///< keeper -> recorder, with descriptor: the output of {record, run}.
  log_ended = 7,    ///< recorder -> keeper: end of file was reached on {record, run}; drop it.
};

struct Message {
  MessageType type = MessageType::none;
  StoredKind kind = StoredKind::none;
  std::uint32_t record = no_record;
  std::uint32_t run = 0;
  std::int32_t value = 0;
  std::uint32_t spare = 0;
};

/// The helpers are started as `tend-director STATE_FD SOCKET_FD` and `tend-recorder STATE_FD
/// SOCKET_FD`; all other descriptors they inherit are listed in the state file (Stored).
inline constexpr const char* director_name = "tend-director";
inline constexpr const char* recorder_name = "tend-recorder";

}  // namespace tend::service::keeper
