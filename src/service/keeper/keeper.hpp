#pragma once
// The keeper: parent of everything. It reaps, reports, holds descriptors, passes signals on as stop
// requests, and restarts director and recorder. It parses nothing and decides nothing about
// services.

#include "service/keeper/state_view.hpp"

namespace tend::service::keeper {

/// Keeps the project whose state file is open under `state_fd` until the director says it is
/// finished. The exit code of the project.
int supervise(int state_fd, char* const* environment) noexcept;

/// Goes on as the same process after an upgrade; `table_fd` is what the old image left
/// (upgrade.hpp).
int resume(int table_fd, char* const* environment) noexcept;

/// Maps and checks the state file; says what is wrong with it.
bool map_state(int state_fd, StateView& view) noexcept;

/// PID 1 for one program: starts it, forwards signals, reaps orphans, and exits as it did: its
/// code, 128 + signal, 127 when it was not found, 126 when it could not be executed.
int init(char* const* command, char* const* environment) noexcept;

}  // namespace tend::service::keeper
