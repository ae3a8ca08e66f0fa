#pragma once
// Admission: something outside that has a say in when an attempt may start: the load of the
// machine, its free memory, the tokens of a make above us.

#include <chrono>
#include <optional>
#include <string>

namespace tend::jobs {

/// Not now.
struct Refusal {
  std::chrono::nanoseconds pause{};  ///< Ask again after this.
  std::string why{};                 ///< For people; empty: not worth a word.
};

class Admission {
 public:
  virtual ~Admission() = default;
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// Asked when all else is ready for a start. Nothing: it may start, and has been given what there
  /// is to give. `running`: attempts that run now.
  [[nodiscard]] virtual std::optional<Refusal> admit(unsigned running) = 0;

  /// An attempt that was admitted has ended, or did not start after all.
  virtual void give_back() = 0;

 protected:
  Admission() = default;
};

}  // namespace tend::jobs
