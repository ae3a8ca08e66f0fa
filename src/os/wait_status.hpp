#pragma once
// waitid(2) as values: one look at one child, by pidfd or by number.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>

#include "os/pidfd.hpp"

namespace tend::os {

enum class Leave : bool { reaped, unreaped };

/// `kind` is P_PID or P_PIDFD. Nothing: it still runs (only with Waiting::no). The error has no
/// subject. Children that were cloned with another exit signal than SIGCHLD count too.
Result<std::optional<Reaped>> wait_status(int kind, std::int32_t id, Waiting waiting, Leave leave);

}  // namespace tend::os
