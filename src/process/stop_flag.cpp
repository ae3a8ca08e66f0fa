#include <tend/stop_flag.hpp>

#include <utility>

#include "base/try.hpp"
#include "os/eventfd.hpp"
#include "os/readable.hpp"
#include "process/end_of_wait.hpp"
#include "process/reactions.hpp"

namespace tend {

class StopFlag::State {
 public:
  explicit State(Fd eventfd) : fd(std::move(eventfd)) {
    handler.reaction().wake_eventfd = fd.get();
  }

  Fd fd;  // Closed after the handler is gone.
  process::ScopedReaction handler{};
};

StopFlag::StopFlag(std::unique_ptr<State> state) : state_(std::move(state)) {}
StopFlag::StopFlag(StopFlag&&) noexcept = default;
StopFlag& StopFlag::operator=(StopFlag&&) noexcept = default;
StopFlag::~StopFlag() = default;

Result<StopFlag> StopFlag::make(StopFlagOptions options) {
  auto state = std::make_unique<State>(TEND_TRY(os::make_eventfd()));
  state->handler.reaction().ends_at = options.again == StopFlagOptions::Again::end ? 2 : 0;
  // All are held back while one is handled: the second one finds the flag set.
  TEND_TRY(state->handler.put_on(
      options.signals,
      {.blocked = options.signals,
       .restarts = options.interrupted_calls == StopFlagOptions::Interrupted::restart}));
  return StopFlag(std::move(state));
}

bool StopFlag::is_set() const noexcept { return count() != 0; }

std::uint64_t StopFlag::count() const noexcept { return state_->handler.reaction().count.load(); }

std::optional<int> StopFlag::signal() const noexcept {
  const int number = state_->handler.reaction().first_number.load();
  return number != 0 ? std::optional(number) : std::nullopt;
}

void StopFlag::set() noexcept {
  state_->handler.reaction().count.fetch_add(1);
  static_cast<void>(os::signal_eventfd(state_->fd));
}

Result<bool> StopFlag::wait(Until until) const {
  return os::wait_readable(state_->fd, process::end_of_wait(until));
}

const Fd& StopFlag::fd() const noexcept { return state_->fd; }

}  // namespace tend
