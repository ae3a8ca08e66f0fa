#pragma once
// What can be done with a descriptor as such. Fd, its owner, is a public type; raw `int`
// descriptors live only in os/.

#include <tend/error.hpp>
#include <tend/fd.hpp>

namespace tend::os {

using tend::Fd;

/// Whether a number is open in this process.
[[nodiscard]] bool is_open_descriptor(int number) noexcept;

/// Whether the number is an open descriptor that stays open at exec.
[[nodiscard]] bool is_inheritable(int number) noexcept;

/// A second descriptor of the same open file, close-on-exec.
Result<Fd> duplicate(const Fd& fd);

/// The same, with a number of at least `lowest` (fcntl(2), F_DUPFD_CLOEXEC).
Result<Fd> duplicate_at_least(const Fd& fd, int lowest);

enum class Blocking : bool { no, yes };

/// O_NONBLOCK belongs to the open file, which other processes may share: only for files of our own.
Result<void> set_nonblocking(const Fd& fd, Blocking blocking = Blocking::no);

enum class Inheritable : bool { no, yes };

/// Whether the descriptor survives exec. Only for a process about to exec itself: with threads that
/// spawn, an inheritable descriptor leaks into their children.
Result<void> set_inheritable(const Fd& fd, Inheritable inheritable);

}  // namespace tend::os
