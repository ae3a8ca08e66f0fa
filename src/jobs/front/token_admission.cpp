#include "jobs/front/token_admission.hpp"

#include <chrono>

namespace tend::jobs {

namespace {

/// Tokens come when jobs of others end.
constexpr std::chrono::milliseconds ask_again{20};

}  // namespace

std::optional<Refusal> TokenAdmission::admit(unsigned /*running*/) {
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

void TokenAdmission::give_back() {
  --admitted_;
  if (client_.held() > 0) {
    client_.give_back();
  }
}

}  // namespace tend::jobs
