#pragma once
// JobserverAdmission: --jobserver: the slots of this run are shared by its jobs and by what makes,
// cargos and ninjas among them run side by side. Each job has its own pipe of tokens, so what it
// has taken is known and free again when it ends, also when it was killed and gave nothing back.

#include <tend/error.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobs/front/admission.hpp"
#include "jobs/slots/token_channel.hpp"
#include "os/event_loop.hpp"

namespace tend::jobs {

class JobserverAdmission final : public Admission {
 public:
  struct Options {
    TokenForm form = TokenForm::pipe;
    unsigned slots = 1;
    std::string directory{};  ///< For fifos.
    std::string makeflags{};  ///< What jobs had without us.
  };

  /// Errors: such pipes cannot be had here.
  static Result<std::unique_ptr<JobserverAdmission>> make(Options options);
  ~JobserverAdmission() override;
  JobserverAdmission(const JobserverAdmission&) = delete;
  JobserverAdmission& operator=(const JobserverAdmission&) = delete;

  void attach(os::EventLoop& loop) override;
  [[nodiscard]] std::optional<Refusal> admit(AttemptId id, unsigned running) override;
  [[nodiscard]] Result<> equip(Attempt& attempt) override;
  void give_back(AttemptId id) override;
  void set_slots(unsigned slots) override;

 private:
  explicit JobserverAdmission(Options options) : options_(std::move(options)) {}

  [[nodiscard]] std::vector<TokenHolding> holdings() const;
  [[nodiscard]] unsigned at_hand() const;
  void share(unsigned tokens, const std::vector<TokenHolding>& holdings);
  void look();

  Options options_;
  os::EventLoop* loop_ = nullptr;
  os::TimerId timer_ = os::TimerId::none;
  /// Of all attempts that run; nothing: it is about to start.
  std::map<AttemptId, std::optional<TokenChannel>> channels_{};
};

}  // namespace tend::jobs
