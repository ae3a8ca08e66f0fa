#pragma once
// HangWatch: has the director stopped dealing with ends? Decided from what it has acknowledged,
// with the time as a value. There is no heartbeat: while nothing ends, nobody is asked.

#include <cstdint>

namespace tend::service::keeper {

/// What is seen of the director at one moment.
struct DirectorSigns {
  std::uint64_t now_ns = 0;
  bool has_work = false;       ///< It runs, and a report waits to be acknowledged.
  std::uint64_t progress = 0;  ///< Another value whenever it has acknowledged something.
  bool is_stopped = false;     ///< By a signal: it cannot, and somebody wants it so.
};

enum class HangVerdict : std::uint8_t { fine, hung };

class HangWatch {
 public:
  static constexpr std::uint64_t limit_default_ns = 10'000'000'000;

  void set_limit(std::uint64_t limit_ns) noexcept { limit_ns_ = limit_ns; }

  /// A new period begins with the first report, with every acknowledgement, while it is stopped,
  /// and after a time in which we did not run either (a frozen container): nobody was late then. It
  /// also begins after `hung`.
  HangVerdict look(const DirectorSigns& signs) noexcept {
    const bool is_asleep_too = deadline_ns_ != 0 && signs.now_ns > deadline_ns_ + limit_ns_ / 2;
    const bool has_moved = deadline_ns_ == 0 || signs.progress != progress_;
    progress_ = signs.progress;
    if (!signs.has_work) {
      deadline_ns_ = 0;
      return HangVerdict::fine;
    }
    const bool is_due = deadline_ns_ != 0 && signs.now_ns >= deadline_ns_;
    if (has_moved || is_asleep_too || (is_due && signs.is_stopped)) {
      deadline_ns_ = signs.now_ns + limit_ns_;
      return HangVerdict::fine;
    }
    if (!is_due) {
      return HangVerdict::fine;
    }
    deadline_ns_ = signs.now_ns + limit_ns_;
    return HangVerdict::hung;
  }

  /// When to look again; 0: there is nothing to wait for.
  [[nodiscard]] std::uint64_t deadline_ns() const noexcept { return deadline_ns_; }

 private:
  std::uint64_t limit_ns_ = limit_default_ns;
  std::uint64_t deadline_ns_ = 0;
  std::uint64_t progress_ = 0;
};

}  // namespace tend::service::keeper
