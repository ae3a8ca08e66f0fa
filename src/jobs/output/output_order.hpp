#pragma once
// OutputOrder: whose output may be shown now. Pure; it moves no byte.
//
//   ordered   in the order of the input; the first job that is not over is shown as it writes
//   grouped   whole jobs, in the order of their ends
//   live      whole lines of all jobs, as they come
//   raw       bytes of all jobs, as they come

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace tend::jobs {

enum class OutputMode : std::uint8_t { ordered, grouped, live, raw };

class OutputOrder {
 public:
  using Sequence = std::uint64_t;

  explicit OutputOrder(OutputMode mode) : mode_(mode) {}

  /// A job that may write; numbers rise.
  void begin(Sequence sequence) {
    if (mode_ == OutputMode::ordered) {
      open_.insert(open_.end(), sequence);
    }
  }

  /// What the job writes is shown as it comes.
  [[nodiscard]] bool is_live(Sequence sequence) const {
    switch (mode_) {
      case OutputMode::ordered: return !open_.empty() && *open_.begin() == sequence;
      case OutputMode::grouped: return false;
      case OutputMode::live:
      case OutputMode::raw: return true;
    }
    return false;
  }

  /// The job will write nothing more. Those whose output is to be shown to its end now, in this
  /// order; after them front() may be another job, which has become live.
  [[nodiscard]] std::vector<Sequence> finish(Sequence sequence);

  /// With ordered: the job that is live now.
  [[nodiscard]] std::optional<Sequence> front() const {
    return open_.empty() ? std::nullopt : std::optional(*open_.begin());
  }

  [[nodiscard]] OutputMode mode() const noexcept { return mode_; }

 private:
  OutputMode mode_;
  std::set<Sequence> open_{};      ///< Not shown to their end, with ordered.
  std::set<Sequence> finished_{};  ///< Those of open_ that are over.
};

}  // namespace tend::jobs
