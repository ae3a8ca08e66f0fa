#pragma once
// Until: how long a call may wait.
//
//   channel.receive();            as long as it takes
//   channel.receive(2s);          at most so long, from the call on
//   channel.receive(deadline);    until a point in time, which several calls can share
//   channel.receive(0s);          not at all

#include <chrono>
#include <optional>

namespace tend {

/// A time from the call on, a point in time, or no limit at all.
class Until {
 public:
  using Point = std::chrono::steady_clock::time_point;

  /// As long as it takes.
  constexpr Until() = default;

  /// So long from the call on; nothing or less: not at all. A century and more is for ever.
  template <typename Rep, typename Period>
  constexpr Until(std::chrono::duration<Rep, Period> time)  // NOLINT(*-explicit-*): as in wait(2s)
      : time_(time < century ? std::optional(std::chrono::ceil<std::chrono::nanoseconds>(time))
                             : std::nullopt) {}

  constexpr Until(Point point) : point_(point) {}  // NOLINT(*-explicit-*): as in wait(deadline)

  /// The point in time that is meant by a call made `now`; nothing: as long as it takes.
  [[nodiscard]] constexpr std::optional<Point> seen_from(Point now) const {
    return time_ ? std::optional(now + *time_) : point_;
  }

 private:
  static constexpr std::chrono::hours century{24 * 365 * 100};

  std::optional<std::chrono::nanoseconds> time_{};
  std::optional<Point> point_{};
};

}  // namespace tend
