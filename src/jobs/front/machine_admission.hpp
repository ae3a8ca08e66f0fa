#pragma once
// MachineAdmission: --load and --mem-free: an attempt starts when the machine has room for it.

#include <optional>

#include "jobs/front/admission.hpp"
#include "jobs/slots/start_gate.hpp"

namespace tend::jobs {

class MachineAdmission final : public Admission {
 public:
  explicit MachineAdmission(StartGate gate) : gate_(gate) {}

  [[nodiscard]] std::optional<Refusal> admit(AttemptId id, unsigned running) override;
  void give_back(AttemptId /*id*/) override {}

 private:
  StartGate gate_;
};

}  // namespace tend::jobs
