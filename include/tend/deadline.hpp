#pragma once
// How long something may take, and what happens to the processes that take longer.
//
//   within(30s).then(SIGTERM, 2s, SIGKILL)

#include <chrono>
#include <vector>

namespace tend {

/// One rung: send `signal`, then wait at most this long for the end of the whole tree.
struct StopRung {
  int signal = 15;
  std::chrono::nanoseconds wait{};  ///< Less when all have ended before.

  bool operator==(const StopRung&) const = default;
};

/// The signals that end a tree of processes, in order. After the last rung SIGKILL follows if it
/// was not that already: a ladder always ends the tree.
struct StopLadder {
  std::vector<StopRung> rungs{{15, std::chrono::seconds(2)}, {9, std::chrono::seconds(1)}};

  bool operator==(const StopLadder&) const = default;
};

/// A limit of time for the whole of starting, waiting and collecting output, with the ladder that
/// follows. Without then() the tree is killed at once.
class Deadline {
 public:
  explicit Deadline(std::chrono::nanoseconds after) : after_(after) {}

  /// Adds rungs: signal, wait, signal, wait, ..., last signal.
  Deadline& then(int signal) {
    ladder_.rungs.push_back({signal, std::chrono::seconds(1)});
    return *this;
  }
  template <typename... More>
  Deadline& then(int signal, std::chrono::nanoseconds wait, More... more) {
    ladder_.rungs.push_back({signal, wait});
    if constexpr (sizeof...(more) > 0) {
      then(more...);
    }
    return *this;
  }

  /// Counted from the start of the child.
  [[nodiscard]] std::chrono::nanoseconds after() const { return after_; }
  [[nodiscard]] const StopLadder& ladder() const { return ladder_; }

  bool operator==(const Deadline&) const = default;

 private:
  std::chrono::nanoseconds after_;
  StopLadder ladder_{.rungs = {}};
};

/// `within(30s)`: the deadline that is so long after the start.
[[nodiscard]] inline Deadline within(std::chrono::nanoseconds after) { return Deadline(after); }

}  // namespace tend
