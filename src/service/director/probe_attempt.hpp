#pragma once
// ProbeAttempt: one attempt of a probe, whatever its means. The limits and the repetition are the
// Probe's.

#include <functional>
#include <string>
#include <utility>

namespace tend::service {

/// Destroying it ends the attempt without blocking and without a report.
class ProbeAttempt {
 public:
  /// Empty: ready. Else what stood in the way, for people: "HTTP 503".
  using OnEnd = std::move_only_function<void(std::string problem)>;

  ProbeAttempt() = default;
  ProbeAttempt(const ProbeAttempt&) = delete;
  ProbeAttempt& operator=(const ProbeAttempt&) = delete;
  virtual ~ProbeAttempt() = default;

  /// Calls `on_end` once, from the loop, or at once with a problem. The call may destroy this.
  void start(OnEnd on_end) {
    on_end_ = std::move(on_end);
    begin();
  }

  /// What to say when it has not ended within a limit ("5s").
  [[nodiscard]] virtual std::string overdue(const std::string& limit) const = 0;

 protected:
  /// To be the last thing that is done: this may be gone afterwards.
  void end(std::string problem = {}) {
    OnEnd on_end = std::move(on_end_);
    on_end(std::move(problem));
  }

 private:
  virtual void begin() = 0;

  OnEnd on_end_{};
};

}  // namespace tend::service
