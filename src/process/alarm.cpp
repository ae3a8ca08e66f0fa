#include <tend/alarm.hpp>
#include <tend/thread.hpp>

#include <atomic>
#include <cerrno>
#include <optional>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/eventfd.hpp"
#include "os/readable.hpp"
#include "os/signals.hpp"
#include "os/thread.hpp"
#include "os/timer.hpp"
#include "process/end_of_wait.hpp"
#include "process/reactions.hpp"

namespace tend {

namespace {

/// How often an interruption is repeated: one that comes before the call begins is lost.
constexpr std::chrono::milliseconds interrupt_again{10};

}  // namespace

// --- to poll -------------------------------------------------------------------------------------

Result<Alarm> Alarm::after(std::chrono::nanoseconds time) { return at(os::monotonic_now() + time); }

Result<Alarm> Alarm::at(std::chrono::steady_clock::time_point point) {
  Fd timer = TEND_TRY(os::make_timer());
  TEND_TRY(os::arm_timer(timer, point));
  return Alarm(std::move(timer));
}

Result<Alarm> Alarm::every(std::chrono::nanoseconds period) {
  if (period <= period.zero()) {
    return failed("arm", "alarm", EINVAL);
  }
  Fd timer = TEND_TRY(os::make_timer());
  TEND_TRY(os::arm_timer(timer, os::monotonic_now() + period, period));
  return Alarm(std::move(timer));
}

Result<std::uint64_t> Alarm::expirations(Until until) {
  static_cast<void>(TEND_TRY(os::wait_readable(fd_, process::end_of_wait(until))));
  return os::drain_timer(fd_);
}

Result<> Alarm::rearm(std::chrono::nanoseconds time) {
  return os::arm_timer(fd_, os::monotonic_now() + time);
}

Result<> Alarm::disarm() { return os::disarm_timer(fd_); }

Result<std::chrono::nanoseconds> Alarm::left() const { return os::timer_left(fd_); }

// --- a call --------------------------------------------------------------------------------------

class CallAlarm::State {
 public:
  State(os::Instant end, Fd cancelled, std::function<void()> function)
      : shared_(std::make_shared<Shared>(end, std::move(cancelled), std::move(function))) {}

  Result<> start() {
    thread_.emplace(TEND_TRY(
        start_thread({.name = "alarm", .blocked = SignalSet::all()}, Body{.shared = shared_})));
    return {};
  }

  bool cancel() {
    auto expected = Phase::armed;
    const bool in_time = shared_->phase.compare_exchange_strong(expected, Phase::cancelled) ||
                         expected == Phase::cancelled;
    static_cast<void>(os::signal_eventfd(shared_->cancelled));
    return in_time;
  }

  [[nodiscard]] bool has_expired() const { return shared_->phase == Phase::expired; }

 private:
  /// Whoever leaves `armed` first decides whether the function is called.
  enum class Phase : std::uint8_t { armed, cancelled, expired };

  /// The thread has its share too: the function may drop the alarm.
  struct Shared {
    Shared(os::Instant point, Fd eventfd, std::function<void()> call)
        : end(point), cancelled(std::move(eventfd)), function(std::move(call)) {}

    os::Instant end;
    Fd cancelled;
    std::function<void()> function;
    std::atomic<Phase> phase = Phase::armed;
  };

  struct Body {
    std::shared_ptr<Shared> shared{};

    void operator()() const {
      const auto woken = os::wait_readable(shared->cancelled, shared->end);
      auto expected = Phase::armed;
      if (woken && !*woken && shared->phase.compare_exchange_strong(expected, Phase::expired)) {
        shared->function();
      }
    }
  };

  std::shared_ptr<Shared> shared_;
  std::optional<Thread<Body>> thread_{};  // Joined when it is dropped.
};

CallAlarm::CallAlarm(std::unique_ptr<State> state) : state_(std::move(state)) {}
CallAlarm::CallAlarm(CallAlarm&&) noexcept = default;

CallAlarm& CallAlarm::operator=(CallAlarm&& other) noexcept {
  if (state_) {
    state_->cancel();
  }
  state_ = std::move(other.state_);
  return *this;
}

CallAlarm::~CallAlarm() {
  if (state_) {
    state_->cancel();
  }
}

Result<CallAlarm> CallAlarm::after(std::chrono::nanoseconds time, std::function<void()> function) {
  const os::Instant end = os::monotonic_now() + time;
  auto state = std::make_unique<State>(end, TEND_TRY(os::make_eventfd()), std::move(function));
  TEND_TRY(state->start());
  return CallAlarm(std::move(state));
}

bool CallAlarm::cancel() { return state_->cancel(); }

bool CallAlarm::has_expired() const { return state_->has_expired(); }

// --- an interruption -----------------------------------------------------------------------------

class InterruptAlarm::State {
 public:
  State(int signal, os::Instant end, os::ThreadTimer timer)
      : signal_(signal), end_(end), timer_(std::move(timer)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    timer_.remove();
    if (os::own_thread_number() != thread_) {
      // A signal may still wait for that thread, and would end the process without the handler.
      static_cast<void>(handler_.release());
      return;
    }
    const SignalSet before = os::set_signal_mask(os::signal_mask() | SignalSet{signal_});
    os::take_pending_signal(signal_);
    handler_.reset();
    os::set_signal_mask(was_blocked_ ? before | SignalSet{signal_} : before - SignalSet{signal_});
  }

  Result<> start(std::chrono::nanoseconds time) {
    TEND_TRY(handler_->put_on({signal_}, {.restarts = false}));
    os::set_signal_mask(os::signal_mask() - SignalSet{signal_});
    return timer_.arm(time, interrupt_again);
  }

  [[nodiscard]] bool has_expired() const { return os::monotonic_now() >= end_; }

 private:
  int signal_;
  os::Instant end_;
  os::ThreadTimer timer_;
  std::int32_t thread_ = os::own_thread_number();
  bool was_blocked_ = os::signal_mask().contains(signal_);
  std::unique_ptr<process::ScopedReaction> handler_ = std::make_unique<process::ScopedReaction>();
};

InterruptAlarm::InterruptAlarm(std::unique_ptr<State> state) : state_(std::move(state)) {}
InterruptAlarm::InterruptAlarm(InterruptAlarm&&) noexcept = default;
InterruptAlarm& InterruptAlarm::operator=(InterruptAlarm&&) noexcept = default;
InterruptAlarm::~InterruptAlarm() = default;

Result<InterruptAlarm> InterruptAlarm::after(std::chrono::nanoseconds time, int signal) {
  if (signal < realtime_signal_min || signal > realtime_signal_max) {
    return failed("arm", signal_name(signal), EINVAL);
  }
  if (os::has_foreign_disposition(signal)) {
    return failed("arm", signal_name(signal), EBUSY);
  }
  auto state = std::make_unique<State>(signal, os::monotonic_now() + time,
                                       TEND_TRY(os::ThreadTimer::make(signal)));
  TEND_TRY(state->start(time));
  return InterruptAlarm(std::move(state));
}

bool InterruptAlarm::has_expired() const { return state_->has_expired(); }

}  // namespace tend
