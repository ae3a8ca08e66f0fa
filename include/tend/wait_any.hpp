#pragma once
// Waiting for several processes at once. It looks at their pidfds only, so it never sees, and never
// reaps, a child that somebody else has started. For a few, wait_any() and wait_all(); for many, or
// for ones that come and go, a WaitSet, whose cost does not grow with their number.

#include <tend/child.hpp>
#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/process_handle.hpp>
#include <tend/until.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace tend {

/// Which of them has ended (the first, if several have): its index. Nothing: none in time, or there
/// is none. Its status is asked from itself, as often as wanted: leave out those that were dealt
/// with, else they are found again.
Result<std::optional<std::size_t>> wait_any(std::span<const Child* const> children,
                                            Until until = {});
Result<std::optional<std::size_t>> wait_any(std::span<const ProcessHandle* const> processes,
                                            Until until = {});

/// Whether all of them have ended in time.
Result<bool> wait_all(std::span<const Child* const> children, Until until = {});
Result<bool> wait_all(std::span<const ProcessHandle* const> processes, Until until = {});

/// Processes under keys of the caller's choice. One thread at a time.
class WaitSet {
 public:
  using Key = std::uint64_t;

  /// An empty set. Errors: EMFILE, ENFILE.
  [[nodiscard]] static Result<WaitSet> make();

  /// From now on until its end is told, or remove(). It must live as long. EEXIST: the key is
  /// taken. ENOSYS: a handle without pidfd.
  Result<> add(Key key, const Child& child);
  Result<> add(Key key, const ProcessHandle& process);

  /// No key of the set: nothing happens.
  void remove(Key key);

  [[nodiscard]] std::size_t size() const { return pidfds_.size(); }

  /// One that has ended, and takes it out of the set. Nothing: none in time, or the set is empty.
  Result<std::optional<Key>> wait(Until until = {});

  /// For event loops: readable when wait() would tell something at once.
  [[nodiscard]] const Fd& fd() const { return epoll_; }

 private:
  explicit WaitSet(Fd epoll) : epoll_(std::move(epoll)) {}
  Result<> add(Key key, const Fd& pidfd);

  Fd epoll_;
  std::unordered_map<Key, int> pidfds_{};
};

}  // namespace tend
