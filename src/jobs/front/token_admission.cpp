#include "jobs/front/token_admission.hpp"

#include <chrono>

namespace tend::jobs {

namespace {

/// Tokens come when jobs of others end.
constexpr std::chrono::milliseconds ask_again{20};

}  // namespace

std::optional<Refusal> TokenAdmission::admit(AttemptId /*id*/, unsigned /*running*/) {
  if (admitted_ > 0) {
    const auto taken = client_.try_take();
    if (!taken) {
      return Refusal{.pause = ask_again, .why = taken.error().message()};
    }
    if (!*taken) {
      return Refusal{.pause = ask_again};
    }
  }
  ++admitted_;
  return std::nullopt;
}

Result<> TokenAdmission::equip(Attempt& attempt) {
  if (shared_) {
    attempt.environment.push_back("MAKEFLAGS=" + shared_->makeflags);
    if (shared_->address.fifo.empty()) {
      for (const int number : {shared_->address.read_end, shared_->address.write_end}) {
        attempt.descriptors.push_back({.ours = number, .theirs = number});
      }
    }
  }
  return {};
}

void TokenAdmission::give_back(AttemptId /*id*/) {
  --admitted_;
  if (client_.held() > 0) {
    client_.give_back();
  }
}

}  // namespace tend::jobs
