#pragma once
// The descriptors that must survive director and recorder, listed in the state file. The keeper
// holds them open; its helpers inherit them by exec under the same numbers.

#include "service/keeper/keeper_protocol.hpp"
#include "service/keeper/state_view.hpp"

namespace tend::service::keeper {

/// Finds out how much of the table is in use, whoever wrote it: when a keeper begins.
void count_stored(const StateView& view) noexcept;

/// The first descriptor of this kind; -1 if there is none.
int stored_fd(const StateView& view, StoredKind kind) noexcept;

/// What came with our own exec shall go no further by itself: the lock of the project least of all.
void close_on_exec(const StateView& view) noexcept;

/// Takes `fd` as the message says; an older one of the same {kind, record, run} is closed. The
/// entry, or null when the table is full (then `fd` stays the caller's).
Stored* keep(const StateView& view, const Message& message, int fd) noexcept;

/// Closes and forgets it; nothing happens if it is not kept.
void drop(const StateView& view, StoredKind kind, std::uint32_t record, std::uint32_t run) noexcept;

/// Before a recorder is started: it will inherit all that is for it and stored now.
void mark_passed_by_exec(const StateView& view) noexcept;

/// In a child before exec: lets the descriptors of `helper` pass the exec.
void pass_on(const StateView& view, Helper helper) noexcept;

}  // namespace tend::service::keeper
