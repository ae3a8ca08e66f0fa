#pragma once
// Child: a process that we started, held by a pidfd. It can be waited for, signalled and stopped
// with everything below it; nothing ever reaches a stranger that got the same pid later.
//
// Several threads may wait, signal, suspend, resume, stop and kill at once, and all get the same
// status. The ends of its streams, wait_with_output() and lines() belong to one thread at a time,
// each stream to its own if need be; moving and destroying a Child, to nobody else meanwhile.

#include <tend/deadline.hpp>
#include <tend/error.hpp>
#include <tend/exit_status.hpp>
#include <tend/fd.hpp>
#include <tend/lines.hpp>
#include <tend/output.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tend {

/// What happens to a child whose Child is destroyed while it runs. The destructor never waits.
enum class Drop : std::uint8_t {
  reap,  ///< It runs on; when it ends, a thread of the library reaps it, so no zombie stays. The
         ///< thread starts when it is first needed, blocks every signal and only ever waits.
  kill,  ///< It and everything below it is killed, then reaped as above.
};

/// How a whole tree was reached, strongest first.
enum class TreeMeans : std::uint8_t {
  cgroup,  ///< The kernel knows every process of the group (cgroup.kill).
  group,   ///< The process group or session, and a walk for those who left it.
  walk,    ///< A walk over parents and children; who was orphaned before is not found.
};

/// A child that has executed its program. Move-only; one that was moved from can only be destroyed
/// or assigned to.
class Child {
 public:
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Lets go of it: see Drop.
  ~Child();

  /// Its number, for people and for /proc. Once it was waited for, another process can have it.
  [[nodiscard]] std::int32_t pid() const;

  /// For poll and event loops: readable when the child has ended. It stays ours.
  [[nodiscard]] const Fd& pidfd() const;

  /// Our end of a stream that was set to pipe(); closed otherwise. To end the child's input, reset
  /// it.
  [[nodiscard]] Fd& in();
  [[nodiscard]] Fd& out();
  [[nodiscard]] Fd& err();

  /// Our end of the child's terminal, where it was given one (Command::terminal()); closed
  /// otherwise. Reading gives what the child writes, and EIO when nobody holds the terminal any
  /// more; writing is typing. When it is closed, the kernel sends SIGHUP to the child's session.
  [[nodiscard]] Fd& terminal();

  /// Waits for its end, as long as it takes; every call gives the same status. Stopping and
  /// continuing does not end the wait. Error ECHILD, "status lost": the host ignores SIGCHLD or has
  /// reaped it, and the kernel is too old (before 6.15) to tell all the same.
  Result<ExitStatus> wait();

  /// The status if it has ended.
  Result<std::optional<ExitStatus>> try_wait();

  /// Waits at most this long.
  Result<std::optional<ExitStatus>> wait_for(std::chrono::nanoseconds duration);
  Result<std::optional<ExitStatus>> wait_until(std::chrono::steady_clock::time_point deadline);

  /// What it has used, once it has been waited for and we were the ones to reap it.
  [[nodiscard]] std::optional<Usage> usage() const;

  /// Sends a signal to it alone. To a child that has ended this does nothing, and is no error.
  Result<> signal(int number);

  /// SIGSTOP and SIGCONT, to it alone. Suspending is asked for, not waited for, and ends no wait().
  Result<> suspend();
  Result<> resume();

  /// Sends a signal to it and to everything below it that is found.
  Result<> signal_tree(int number);
  Result<> suspend_tree();
  Result<> resume_tree();

  /// Kills it and everything below it, until none is left; the means that was used. ETIMEDOUT: some
  /// process did not end within 5 seconds (it hangs in the kernel).
  Result<TreeMeans> kill_tree();

  /// Stops it and everything below it: each rung's signal to the whole tree, then its wait. Returns
  /// its status as soon as none is left.
  Result<ExitStatus> stop(const StopLadder& ladder = {});

  /// Writes `input` to its stdin and closes that, reads the streams that are ours to their end, and
  /// waits for its end, all at once, so that nobody waits for the other. Deadline, output limit and
  /// linger time are those of its Command, the deadline from the start of the child on; what sinks
  /// take is not limited. As with Command::capture() a failure of the child is data. EBADF: there
  /// is input, and its stdin is not an open pipe of ours.
  Result<Output> wait_with_output(std::string_view input = {}, OutputSinks sinks = {});

  /// What it writes, line by line; takes our ends of out and err out of it.
  LineReader lines(std::size_t line_bytes_max = line_bytes_default);

  /// Lets go of it on purpose: it runs on and is reaped as with Drop::reap, whatever the policy.
  void release() &&;

  class State;  ///< Of the library's own.
  explicit Child(std::shared_ptr<State> state);

 private:
  friend class RunningPipeline;

  std::shared_ptr<State> state_;
};

}  // namespace tend
