#pragma once
// TokenAdmission: below a make -jN each attempt but the first needs one of its tokens.

#include <optional>
#include <utility>

#include "jobs/front/admission.hpp"
#include "jobs/slots/jobserver.hpp"

namespace tend::jobs {

class TokenAdmission final : public Admission {
 public:
  explicit TokenAdmission(JobserverClient client) : client_(std::move(client)) {}

  [[nodiscard]] std::optional<Refusal> admit(unsigned running) override;
  void give_back() override;

 private:
  JobserverClient client_;
  unsigned admitted_ = 0;  ///< One of them on the token that make gave us by starting us.
};

}  // namespace tend::jobs
