#pragma once
// Admission: something outside that has a say in when an attempt may start, and in what it gets:
// the load of the machine, its free memory, the tokens of a make above us or of one below.

#include <tend/error.hpp>

#include <chrono>
#include <optional>
#include <string>

#include "jobs/backend.hpp"
#include "os/event_loop.hpp"

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

  /// Before all else: the loop of the run, which lives longer, for those who have to look after
  /// something meanwhile.
  virtual void attach(os::EventLoop& /*loop*/) {}

  /// Asked when all else is ready for a start. Nothing: it may start, and has been given what there
  /// is to give. `running`: attempts that run now.
  [[nodiscard]] virtual std::optional<Refusal> admit(AttemptId id, unsigned running) = 0;

  /// Adds to an admitted attempt what it needs. An error: there are no descriptors for it now.
  [[nodiscard]] virtual Result<> equip(Attempt& /*attempt*/) { return {}; }

  /// An attempt that was admitted has ended, or did not start after all.
  virtual void give_back(AttemptId id) = 0;

  /// The number of slots is another from now on.
  virtual void set_slots(unsigned /*slots*/) {}

 protected:
  Admission() = default;
};

}  // namespace tend::jobs
