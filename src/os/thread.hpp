#pragma once
// Threads by pthreads(7), with everything that must be said before they start.

#include <tend/error.hpp>
#include <tend/signal.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tend::os {

struct ThreadAttributes {
  std::string name{};
  std::size_t stack_bytes = 0;  ///< 0: what RLIMIT_STACK says.
  std::optional<std::size_t> guard_bytes{};
  std::vector<std::uint32_t> cpus{};  ///< Empty: as the thread that starts it.
  std::optional<SignalSet> blocked{};
};

using ThreadMain = void (*)(void* argument);
using ThreadId = unsigned long;

/// A name holds so many bytes (TASK_COMM_LEN less its end).
inline constexpr std::size_t thread_name_bytes_max = 15;

/// Errors: EINVAL for attributes that cannot be, with a detail; EAGAIN, as the kernel says when a
/// limit is reached or memory for the stack is missing.
Result<ThreadId> start_thread(const ThreadAttributes& attributes, ThreadMain function,
                              void* argument);

/// Waits for the end of the thread, as long as it takes.
void join_thread(ThreadId thread) noexcept;

void detach_thread(ThreadId thread) noexcept;

[[nodiscard]] bool is_this_thread(ThreadId thread) noexcept;

/// The kernel's number of the calling thread (gettid(2)).
[[nodiscard]] std::int32_t own_thread_number() noexcept;

/// The names of the other threads of this process that live, without those of the library itself:
/// they wait, with every signal blocked and no lock held, and their names begin with `tend-`.
/// ENOENT: /proc is not there to look at, and libc cannot tell that there are none.
Result<std::vector<std::string>> other_threads();

}  // namespace tend::os
