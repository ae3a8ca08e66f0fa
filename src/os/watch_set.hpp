#pragma once
// A set of descriptors of which one that is readable can be asked for (epoll(7)): for waiting
// without callbacks. EventLoop is for everything else.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>

#include "os/clock.hpp"
#include "os/fd.hpp"

namespace tend::os {

/// The set is itself a descriptor that can be watched.
Result<Fd> make_watch_set();

/// EEXIST: it is in the set already.
Result<> add_to_watch_set(const Fd& set, int number, std::uint64_t key);

/// One that is not there, or closed, is left alone.
void remove_from_watch_set(const Fd& set, int number) noexcept;

/// The key of one that is readable; the others get their turn. Nothing: none until the deadline.
Result<std::optional<std::uint64_t>> wait_watch_set(const Fd& set, std::optional<Instant> deadline);

}  // namespace tend::os
