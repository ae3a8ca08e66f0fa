#include <tend/guarded_fork.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/copy_process.hpp"
#include "os/files.hpp"
#include "os/lasting_thread.hpp"
#include "os/machine.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/poll.hpp"
#include "os/process_group.hpp"
#include "os/thread.hpp"
#include "process/child_state.hpp"
#include "process/end_of_wait.hpp"
#include "process/start_failure.hpp"

namespace tend::detail {

namespace {

constexpr const char* step = "guarded fork";
constexpr int signal_kill = 9;

Error fork_error(std::string detail, int code = 0) {
  return {.step = step, .code = code, .detail = std::move(detail)};
}

/// What a copy says of its end, in front of the bytes of its result.
struct Record {
  enum class Kind : std::uint8_t { value, threw, exited };
  Kind kind = Kind::value;
  int exit_code = 0;
  std::size_t bytes = 0;
};

/// How many guarded forks lie between the first process and this one.
std::atomic<std::uint32_t>& depth_of_copies() {
  static std::atomic<std::uint32_t> depth = 0;
  return depth;
}

// --- in the copy ---------------------------------------------------------------------------------

struct CopySide {
  CopyBody* body = nullptr;
  const Fd* results = nullptr;
};

/// All output of the function is out before its end is told.
[[noreturn]] void tell_and_leave(const CopySide& side, Record record, std::string_view payload) {
  os::flush_streams();
  record.bytes = payload.size();
  std::string bytes;
  CopyValue<Record>::put(bytes, record);
  bytes += payload;
  static_cast<void>(os::write_all(*side.results, bytes));
  os::leave_process(record.kind == Record::Kind::threw ? 1 : record.exit_code);
}

/// The function called exit: none of the exit handlers that this process copied may run.
void tell_exit(int code, void* side) {
  tell_and_leave(*static_cast<const CopySide*>(side),
                 {.kind = Record::Kind::exited, .exit_code = code}, {});
}

/// The frames above this one belong to the parent: nothing leaves it.
void run_copy(void* argument) {
  CopySide& side = *static_cast<CopySide*>(argument);
  depth_of_copies().fetch_add(1);
  os::at_exit_first(tell_exit, &side);
  try {
    tell_and_leave(side, {}, side.body->run());
  } catch (const std::exception& thrown) {
    tell_and_leave(side, {.kind = Record::Kind::threw}, thrown.what());
  } catch (abi::__forced_unwind&) {
    tell_and_leave(side, {.kind = Record::Kind::exited}, {});  // pthread_exit(3)
  } catch (...) {
    tell_and_leave(side, {.kind = Record::Kind::threw}, "something that is no std::exception");
  }
}

// --- before it -----------------------------------------------------------------------------------

Result<> refuse_other_threads(const std::optional<AllowThreads>& allowed) {
  if (allowed) {
    return allowed->reason.empty()
               ? Result<>(
                     std::unexpected(fork_error("AllowThreads needs the reason why it is safe")))
               : Result<>();
  }
  const std::vector<std::string> names = TEND_TRY(os::other_threads());
  if (names.empty()) {
    return {};
  }
  return std::unexpected(fork_error(text::format(
      "{} of this process ({}) may hold a lock, which would stay locked in the copy for "
      "ever; see AllowThreads",
      names.size() == 1 ? "another thread" : text::format("{} other threads", names.size()),
      text::join(names, ", "))));
}

Result<> refuse_accident(const GuardedForkOptions& options) {
  if (depth_of_copies().load() > options.nested_max) {
    return std::unexpected(fork_error(
        "this process is itself a copy made by a guarded fork; copies of copies must be allowed "
        "(nested_max)"));
  }
  return refuse_other_threads(options.threads);
}

/// Whether the copy may be tied to the life of this thread.
enum class WaitsHere : bool { no, yes };

struct Started {
  Child child;
  Fd results{};
};

Result<Started> start_copy(CopyBody& body, const GuardedForkOptions& options, WaitsHere waits) {
  TEND_TRY(refuse_accident(options));
  os::Pipe pipe = TEND_TRY(os::make_pipe());
  TEND_TRY(os::set_nonblocking(pipe.read));
  CopySide side{.body = &body, .results = &pipe.write};
  os::CopyOptions wanted{// A thread that only starts it may end long before the copy is awaited.
                         .dies_with_thread = waits == WaitsHere::yes || os::is_main_thread(),
                         .kept_descriptors = options.keep_descriptors};
  if (wanted.kept_descriptors) {
    wanted.kept_descriptors->push_back(pipe.write.get());
  }
  auto copied = os::copy_process(wanted, run_copy, &side);
  if (!copied) {
    return std::unexpected(process::with_limits(copied.error()).within(step));
  }
  auto state = std::make_shared<Child::State>(
      Child::State::Parts{.process = *std::move(copied),
                          .program = "copy of this process",
                          .drop = Drop::kill,
                          .group = process::OwnGroup::process_group});
  return Started{.child = Child(std::move(state)), .results = std::move(pipe.read)};
}

}  // namespace

// --- beside it -----------------------------------------------------------------------------------

class CopyHandle::State {
 public:
  State(Started started, const GuardedForkOptions& options)
      : child_(std::move(started.child)),
        results_(std::move(started.results)),
        bytes_max_(options.result_bytes_max) {
    if (options.deadline) {
      ladder_ = options.deadline->ladder();
      allowed_ = options.deadline->after();
      deadline_ = os::monotonic_now() + allowed_;
    }
  }

  /// Takes what is there; the outcome, once there is one. Does not wait, except for the ladder of a
  /// copy that is late.
  std::optional<Result<std::string>> advance(os::Instant now) {
    // Asked before the last look into the pipe: what a dead copy wrote is all there.
    const auto has_ended = child_.pidfd() ? os::has_exited(child_.pidfd()) : Result<bool>(true);
    if (auto read = collect(); !read) {
      return std::unexpected(read.error());
    }
    if (received_.size() > bytes_max_ + sizeof(Record)) {
      return end_too_big();
    }
    if (!has_ended) {
      return std::unexpected(has_ended.error());
    }
    if (*has_ended) {
      return outcome();
    }
    if (deadline_ && now >= *deadline_) {
      return end_late();
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<os::Instant> deadline() const { return deadline_; }
  [[nodiscard]] std::optional<CopyEnd> end() const { return end_; }
  [[nodiscard]] const Fd& results() const { return results_; }
  [[nodiscard]] Child& child() { return child_; }

 private:
  Result<> collect() {
    std::vector<char> buffer(read_bytes);
    while (results_ && received_.size() <= bytes_max_ + sizeof(Record)) {
      const auto count = os::read_some(results_, buffer);
      if (!count && count.error().code == EAGAIN) {
        return {};
      }
      if (!count) {
        return std::unexpected(count.error());
      }
      if (*count == 0) {
        results_.reset();  // Polled again it would be ready for ever.
      }
      received_.append(buffer.data(), *count);
    }
    return {};
  }

  /// The copy has ended, and with it ends what it left in its group: whose number nobody else can
  /// have before the copy is reaped.
  Result<std::string> outcome() {
    static_cast<void>(os::signal_process_group(child_.pid(), signal_kill));
    const auto status = child_.wait();
    std::string_view bytes = received_;
    const auto record = CopyValue<Record>::take(bytes);
    if (record && bytes.size() == record->bytes) {
      return told(*record, bytes);
    }
    if (!status) {
      return std::unexpected(Error(status.error()).within(step));
    }
    end_ = status->signal() ? CopyEnd::killed : CopyEnd::exited;
    return std::unexpected(fork_error("the copy ended without a result: " + status->description()));
  }

  Result<std::string> told(const Record& record, std::string_view bytes) {
    switch (record.kind) {
      case Record::Kind::value: end_ = CopyEnd::returned; return std::string(bytes);
      case Record::Kind::threw:
        end_ = CopyEnd::threw;
        return std::unexpected(fork_error("the function threw: " + std::string(bytes)));
      case Record::Kind::exited:
        end_ = CopyEnd::exited;
        return std::unexpected(fork_error(
            record.exit_code < 0 ? "the function called quick_exit"
                                 : text::format("the function called exit({})", record.exit_code)));
    }
    return std::unexpected(broken_copy_result());
  }

  Result<std::string> end_too_big() {
    end_ = CopyEnd::too_big;
    TEND_TRY(child_.stop({.rungs = {}}));
    return std::unexpected(fork_error(
        text::format("the result is longer than the {} bytes agreed", bytes_max_), EFBIG));
  }

  Result<std::string> end_late() {
    end_ = CopyEnd::timed_out;
    if (ladder_.rungs.empty()) {
      // One call for all of them: nobody is born in between, and it works without pidfds too.
      static_cast<void>(os::signal_process_group(child_.pid(), signal_kill));
    }
    const auto status = child_.stop(ladder_);
    if (!status) {
      return std::unexpected(Error(status.error()).within(step));
    }
    return std::unexpected(fork_error(text::format("not done after {}, so it was ended: {}",
                                                   human_duration(allowed_), status->description()),
                                      ETIMEDOUT));
  }

  static constexpr std::size_t read_bytes = 64UL * 1024;

  Child child_;
  Fd results_;
  std::string received_{};
  std::size_t bytes_max_;
  std::chrono::nanoseconds allowed_{};
  std::optional<os::Instant> deadline_{};
  StopLadder ladder_{};
  std::optional<CopyEnd> end_{};
};

CopyHandle::CopyHandle(std::unique_ptr<State> state) : state_(std::move(state)) {}
CopyHandle::CopyHandle(CopyHandle&&) noexcept = default;
CopyHandle& CopyHandle::operator=(CopyHandle&&) noexcept = default;
CopyHandle::~CopyHandle() = default;

std::optional<CopyEnd> CopyHandle::end() const { return state_->end(); }

Child& CopyHandle::child() { return state_->child(); }

Result<std::string> CopyHandle::result(Until until) {
  if (state_->end()) {
    return std::unexpected(fork_error("its result was taken before", EINVAL));
  }
  const auto end = process::end_of_wait(until);
  while (true) {
    const os::Instant now = os::monotonic_now();
    if (auto outcome = state_->advance(now)) {
      return *std::move(outcome);
    }
    if (end && now >= *end) {
      return std::unexpected(fork_error("still runs", ETIMEDOUT));
    }
    const auto deadline = state_->deadline();
    const auto wake = end && deadline ? std::min(end, deadline) : end ? end : deadline;
    std::array<os::PollEntry, 2> entries{
        {{.fd = &state_->results()}, {.fd = &state_->child().pidfd()}}};
    static_cast<void>(TEND_TRY(os::poll_any(entries, wake)));
  }
}

Error broken_copy_result() { return fork_error("the copy sent what is no result"); }

Result<CopyHandle> CopyHandle::start(CopyBody& body, const GuardedForkOptions& options) {
  auto started = TEND_TRY(start_copy(body, options, WaitsHere::no));
  return CopyHandle(std::make_unique<State>(std::move(started), options));
}

// --- several -------------------------------------------------------------------------------------

namespace {

/// Runs the copies of one call of run_in_copies().
class Batch {
 public:
  Batch(std::span<CopyBody* const> bodies, const GuardedForkOptions& options, std::size_t at_once)
      : bodies_(bodies), options_(options), at_once_(at_once), outcomes_(bodies.size()) {}

  std::vector<Result<std::string>> run() {
    while (next_ < bodies_.size() || !running_.empty()) {
      fill();
      wait();
      take();
    }
    std::vector<Result<std::string>> all;
    for (auto& outcome : outcomes_) {
      all.push_back(*std::move(outcome));
    }
    return all;
  }

 private:
  struct Running {
    std::size_t index = 0;
    std::unique_ptr<CopyHandle::State> state{};
  };

  void fill() {
    for (; next_ < bodies_.size() && running_.size() < at_once_; ++next_) {
      auto started = start_copy(*bodies_[next_], options_, WaitsHere::yes);
      if (started) {
        running_.push_back(
            {.index = next_,
             .state = std::make_unique<CopyHandle::State>(*std::move(started), options_)});
      } else {
        outcomes_[next_] = std::unexpected(std::move(started).error());
      }
    }
  }

  /// Until one of them has something to say, or is late.
  void wait() {
    std::vector<os::PollEntry> entries;
    std::optional<os::Instant> wake;
    for (const Running& copy : running_) {
      entries.push_back({.fd = &copy.state->results()});
      entries.push_back({.fd = &copy.state->child().pidfd()});
      if (const auto deadline = copy.state->deadline()) {
        wake = wake ? std::min(wake, deadline) : deadline;
      }
    }
    if (!entries.empty()) {
      // An error shows in the next look at each of them.
      static_cast<void>(os::poll_any(entries, wake));
    }
  }

  void take() {
    const os::Instant now = os::monotonic_now();
    for (Running& copy : running_) {
      outcomes_[copy.index] = copy.state->advance(now);
    }
    std::erase_if(running_, [this](const Running& copy) { return !!outcomes_[copy.index]; });
  }

  std::span<CopyBody* const> bodies_;
  const GuardedForkOptions& options_;
  std::size_t at_once_;
  std::size_t next_ = 0;
  std::vector<Running> running_{};
  std::vector<std::optional<Result<std::string>>> outcomes_;
};

}  // namespace

std::vector<Result<std::string>> CopyHandle::run_all(std::span<CopyBody* const> bodies,
                                                     const GuardedForkOptions& options,
                                                     std::size_t at_once) {
  return Batch(bodies, options, at_once == 0 ? os::usable_cpus() : at_once).run();
}

}  // namespace tend::detail
