#pragma once
// Admission: something outside that has a say in when an attempt may start: the load of the
// machine, its free memory, the tokens of a make above us.

#include <chrono>
#include <optional>

namespace tend::jobs {

class Admission {
 public:
  virtual ~Admission() = default;
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// Asked when all else is ready for a start. Nothing: it may start, and this gate has given what
  /// it has to give; else how long to wait before asking again. `running`: attempts that run now.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> admit(unsigned running) = 0;

  /// An attempt that was admitted has ended, or did not start after all.
  virtual void give_back() = 0;

 protected:
  Admission() = default;
};

}  // namespace tend::jobs
