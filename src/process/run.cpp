#include "process/run.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/poll.hpp"
#include "process/drain.hpp"
#include "process/stop_ladder.hpp"
#include "process/tree.hpp"

namespace tend::process {

namespace {

constexpr std::size_t read_bytes = 64UL * 1024;
constexpr int signal_kill = 9;
/// While a tree is being stopped: how often to look whether it is gone.
constexpr std::chrono::milliseconds look_again{5};

class Run {
 public:
  Run(Child::State& child, const Command::Wishes& wishes, os::Instant started)
      : child_(child),
        wishes_(wishes),
        input_(wishes.input ? std::string_view(*wishes.input) : std::string_view()),
        drain_({.bytes_max = wishes.output_limit_bytes, .linger = wishes.linger},
               child.parts().out.is_open(), child.parts().err.is_open()),
        tree_(child.tree()) {
    if (wishes.deadline) {
      deadline_ = started + wishes.deadline->after();
    }
  }

  Result<Output> to_end() {
    TEND_TRY(prepare());
    while (!TEND_TRY(is_over())) {
      TEND_TRY(turn());
    }
    return finish();
  }

 private:
  Result<> prepare() {
    for (Fd* end : {&child_.parts().in, &child_.parts().out, &child_.parts().err}) {
      if (end->is_open()) {
        TEND_TRY(os::set_nonblocking(*end));
      }
    }
    if (input_.empty()) {
      child_.parts().in.reset();
    }
    return {};
  }

  Result<bool> is_over() {
    const os::Instant now = os::monotonic_now();
    if (!walk_) {
      if (drain_.is_done(now)) {
        return true;
      }
      if (deadline_ && now >= *deadline_) {
        timed_out_ = true;
        walk_.emplace(wishes_.deadline->ladder());
      }
    }
    if (!walk_) {
      return false;
    }
    if (TEND_TRY(tree_.is_gone())) {
      return true;
    }
    if (const auto number = walk_->signal_due(now)) {
      last_signal_ = *number;
      TEND_TRY(tree_.signal(*number));
    } else if (walk_->is_over(now)) {
      return std::unexpected(Error{.step = "kill",
                                   .subject = wishes_.program,
                                   .code = ETIMEDOUT,
                                   .detail = "a process of its tree does not end"});
    } else if (last_signal_ == signal_kill) {
      TEND_TRY(tree_.signal(signal_kill));
    }
    return false;
  }

  [[nodiscard]] std::optional<os::Instant> wake_at() const {
    const auto sooner = [](std::optional<os::Instant> a, std::optional<os::Instant> b) {
      return a && b ? std::min(a, b) : a ? a : b;
    };
    if (walk_) {
      return sooner(walk_->next(), os::monotonic_now() + look_again);
    }
    return sooner(deadline_, drain_.wake_at());
  }

  Result<> turn() {
    static const Fd none;
    const Child::State::Parts& parts = child_.parts();
    std::array<os::PollEntry, 4> entries{{
        {.fd = &parts.in, .for_writing = true},
        {.fd = drain_.is_open(Stream::out) ? &parts.out : &none},
        {.fd = drain_.is_open(Stream::err) ? &parts.err : &none},
        {.fd = has_exited_ ? &none : &parts.process.pidfd},
    }};
    static_cast<void>(TEND_TRY(os::poll_any(entries, wake_at())));
    if (entries[0].is_ready) {
      TEND_TRY(feed());
    }
    if (entries[1].is_ready) {
      static_cast<void>(TEND_TRY(collect(Stream::out)));
    }
    if (entries[2].is_ready) {
      static_cast<void>(TEND_TRY(collect(Stream::err)));
    }
    if (entries[3].is_ready) {
      has_exited_ = true;
      drain_.child_ended(os::monotonic_now());
      child_.parts().in.reset();
    }
    return {};
  }

  Result<> feed() {
    Fd& in = child_.parts().in;
    const auto written = os::write_without_signal(in, input_.substr(0, read_bytes));
    if (written) {
      input_.remove_prefix(*written);
    } else if (written.error().code == EPIPE) {
      input_ = {};  // It does not want more; that is its right.
    } else if (written.error().code != EAGAIN) {
      return std::unexpected(written.error());
    }
    if (input_.empty()) {
      in.reset();
    }
    return {};
  }

  /// One read: who writes for ever does not keep us from the deadline. Whether more may be there.
  Result<bool> collect(Stream stream) {
    Fd& end = stream == Stream::out ? child_.parts().out : child_.parts().err;
    const auto count = os::read_some(end, buffer_);
    if (!count && wishes_.terminal && count.error().code == EIO) {
      drain_.ended(stream);  // The last one who held the terminal has let go of it (tty_ioctl(4)).
      end.reset();
      return false;
    }
    if (!count) {
      return count.error().code == EAGAIN ? Result<bool>(false) : std::unexpected(count.error());
    }
    if (*count == 0) {
      drain_.ended(stream);
      end.reset();
      return false;
    }
    drain_.received(stream, std::string_view(buffer_.data(), *count), os::monotonic_now());
    if (drain_.is_cut() && wishes_.over_limit == OverLimit::kill && !walk_) {
      walk_.emplace(StopLadder{.rungs = {}});
    }
    return true;
  }

  /// What lies in the pipes at the end: no more than the pipes can hold.
  Result<> collect_rest(Stream stream) {
    for (std::size_t total = 0; drain_.is_open(stream) && total < wishes_.output_limit_bytes;
         total += read_bytes) {
      if (!TEND_TRY(collect(stream))) {
        break;
      }
    }
    return {};
  }

  Result<Output> finish() {
    if (walk_) {
      TEND_TRY(collect_rest(Stream::out));
      TEND_TRY(collect_rest(Stream::err));
    }
    const ExitStatus status = TEND_TRY(child_.status_of_ended());
    return Output{.status = status,
                  .out = drain_.take(Stream::out),
                  .err = drain_.take(Stream::err),
                  .timed_out = timed_out_,
                  .is_complete = drain_.is_complete(),
                  .is_cut = drain_.is_cut()};
  }

  Child::State& child_;
  const Command::Wishes& wishes_;
  std::string_view input_;
  Drain drain_;
  ProcessTree tree_;
  std::optional<os::Instant> deadline_{};
  std::optional<LadderWalk> walk_{};  ///< Set once the tree is being stopped.
  std::vector<char> buffer_ = std::vector<char>(read_bytes);
  int last_signal_ = 0;
  bool has_exited_ = false;
  bool timed_out_ = false;
};

}  // namespace

Result<Output> run_to_end(Child::State& child, const Command::Wishes& wishes, os::Instant started) {
  return Run(child, wishes, started).to_end();
}

}  // namespace tend::process
