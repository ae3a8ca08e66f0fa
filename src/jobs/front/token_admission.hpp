#pragma once
// TokenAdmission: below a make -jN each attempt but the first needs one of its tokens.

#include <optional>
#include <string>
#include <utility>

#include "jobs/front/admission.hpp"
#include "jobs/slots/jobserver.hpp"
#include "jobs/slots/makeflags.hpp"

namespace tend::jobs {

class TokenAdmission final : public Admission {
 public:
  /// A make above us, as its jobs are to find it.
  struct Shared {
    JobserverAddress address{};
    std::string makeflags{};
  };

  /// `shared`: jobs take tokens of that make by themselves; nothing: they do not know of it.
  TokenAdmission(JobserverClient client, std::optional<Shared> shared)
      : client_(std::move(client)), shared_(std::move(shared)) {}

  [[nodiscard]] std::optional<Refusal> admit(AttemptId id, unsigned running) override;
  [[nodiscard]] Result<> equip(Attempt& attempt) override;
  void give_back(AttemptId id) override;

 private:
  JobserverClient client_;
  std::optional<Shared> shared_;
  unsigned admitted_ = 0;  ///< One of them on the token that make gave us by starting us.
};

}  // namespace tend::jobs
