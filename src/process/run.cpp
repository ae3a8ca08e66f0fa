#include "process/run.hpp"

#include <tend/drain.hpp>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/nowhere.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/poll.hpp"
#include "process/tree.hpp"
#include "process/tree_stop.hpp"

namespace tend::process {

namespace {

// What our pipes hold, and what one read or write moves.
constexpr std::size_t read_bytes = 256UL * 1024;
constexpr std::size_t first_read_bytes = 4UL * 1024;
constexpr int rest_reads_max = 64;

const Fd none;

/// A child with its whole tree, and the walk down the ladder once that is being stopped.
struct Member {
  Child::State* child = nullptr;
  ProcessTree tree;
  std::optional<TreeStop> stop{};
  bool has_ended = false;

  explicit Member(Child::State& state) : child(&state), tree(state.tree()) {}
};

/// Ready for poll, and with fewer wake-ups. An ordinary user may be over his share of pipe memory;
/// then it stays small, as does what is no pipe.
Result<> prepare_end(const Fd& end) {
  if (os::pipe_size(end).value_or(read_bytes) < read_bytes) {
    static_cast<void>(os::resize_pipe(end, read_bytes));
  }
  return os::set_nonblocking(end);
}

class Run {
 public:
  explicit Run(Group group)
      : group_(std::move(group)),
        drain_({.streams = group_.sources.size(),
                .children = group_.children.size(),
                .bytes_max = group_.limits.output_limit_bytes,
                .linger = group_.limits.linger,
                .input = group_.input,
                .deadline = group_.limits.deadline_at()}) {
    for (Child::State* child : group_.children) {
      members_.emplace_back(*child);
    }
  }

  Result<Collected> to_end() {
    TEND_TRY(prepare());
    while (!TEND_TRY(is_over())) {
      TEND_TRY(turn());
    }
    return finish();
  }

 private:
  Result<> prepare() {
    for (std::size_t index = 0; index < group_.sources.size(); ++index) {
      Fd& end = *group_.sources[index].end;
      if (end) {
        TEND_TRY(prepare_end(end));
      } else {
        drain_.ended(index);
      }
    }
    if (has_input()) {
      TEND_TRY(prepare_end(*group_.in));
    }
    return close_input_if_done();
  }

  [[nodiscard]] bool has_input() const { return group_.in != nullptr && group_.in->is_open(); }

  Result<> close_input_if_done() {
    if (has_input() && drain_.input().empty()) {
      group_.in->reset();
    }
    return {};
  }

  Result<bool> is_over() {
    const os::Instant now = os::monotonic_now();
    if (!is_stopping_) {
      if (drain_.is_done(now)) {
        return true;
      }
      if (!drain_.is_late(now)) {
        return false;
      }
      timed_out_ = true;
      stop_all(group_.limits.deadline->ladder());
    }
    bool is_gone = true;
    for (Member& member : members_) {
      is_gone = TEND_TRY(member.stop->step(member.tree, now)) && is_gone;
    }
    return is_gone;
  }

  void stop_all(const StopLadder& ladder) {
    is_stopping_ = true;
    for (Member& member : members_) {
      member.stop.emplace(ladder, member.child->parts().program);
    }
  }

  [[nodiscard]] std::optional<os::Instant> wake_at() const {
    if (!is_stopping_) {
      return drain_.wake_at();
    }
    const os::Instant now = os::monotonic_now();
    os::Instant first = os::Instant::max();
    for (const Member& member : members_) {
      first = std::min(first, member.stop->next(now));
    }
    return first;
  }

  /// One wait: the input, then the sources, then the children, in this order.
  Result<> turn() {
    std::vector<os::PollEntry>& entries = entries_;
    entries.clear();
    entries.push_back({.fd = has_input() ? group_.in : &none, .for_writing = true});
    for (std::size_t index = 0; index < group_.sources.size(); ++index) {
      entries.push_back({.fd = drain_.is_open(index) ? group_.sources[index].end : &none});
    }
    for (const Member& member : members_) {
      entries.push_back({.fd = member.has_ended ? &none : &member.child->parts().process.pidfd});
    }
    static_cast<void>(TEND_TRY(os::poll_any(entries, wake_at())));
    if (entries[0].is_ready) {
      TEND_TRY(feed());
    }
    for (std::size_t index = 0; index < group_.sources.size(); ++index) {
      if (entries[1 + index].is_ready) {
        static_cast<void>(TEND_TRY(collect(index)));
      }
    }
    for (std::size_t index = 0; index < members_.size(); ++index) {
      if (entries[1 + group_.sources.size() + index].is_ready) {
        members_[index].has_ended = true;
        drain_.child_ended(os::monotonic_now());
      }
    }
    return close_input_if_done();
  }

  Result<> feed() {
    const auto written = os::write_without_signal(*group_.in, drain_.input().substr(0, read_bytes));
    if (written) {
      drain_.written(*written);
    } else if (written.error().code == EPIPE) {
      drain_.refuse_input();  // It does not want more; that is its right.
    } else if (written.error().code != EAGAIN) {
      return std::unexpected(written.error());
    }
    return {};
  }

  Result<std::size_t> keep(std::size_t index) {
    Result<std::size_t> count = 0;
    const auto read = [&](std::span<char> room) {
      count = os::read_some(*group_.sources[index].end, room);
      return count.value_or(0);
    };
    drain_.receive(index, std::clamp(drain_.size(index), first_read_bytes, read_bytes), read,
                   os::monotonic_now());
    return count;
  }

  Result<std::size_t> drop(std::size_t index) {
    auto count = dropped_bytes_.drop_some(*group_.sources[index].end, read_bytes);
    if (count && *count > 0) {
      drain_.dropped(os::monotonic_now());
    }
    return count;
  }

  Result<std::size_t> hand_on(std::size_t index) {
    Source& source = group_.sources[index];
    buffer_.resize(read_bytes);
    auto count = os::read_some(*source.end, buffer_);
    if (count && *count > 0) {
      source.sink(std::string_view(buffer_.data(), *count));
      drain_.received(index, {}, os::monotonic_now());
    }
    return count;
  }

  Result<std::size_t> read_one(std::size_t index) {
    if (group_.sources[index].sink) {
      return hand_on(index);
    }
    return drain_.is_full(index) ? drop(index) : keep(index);
  }

  void end_of(std::size_t index) {
    drain_.ended(index);
    group_.sources[index].end->reset();
    if (group_.sources[index].sink) {
      group_.sources[index].sink({});
    }
  }

  /// One read: who writes for ever does not keep us from the deadline. Whether more may be there.
  Result<bool> collect(std::size_t index) {
    const auto count = read_one(index);
    if (!count && count.error().code == EIO) {
      end_of(index);  // The last one who held the terminal has let go of it (tty_ioctl(4)).
      return false;
    }
    if (!count) {
      return count.error().code == EAGAIN ? Result<bool>(false) : std::unexpected(count.error());
    }
    if (*count == 0) {
      end_of(index);
      return false;
    }
    if (drain_.is_cut() && group_.limits.over_limit == OverLimit::kill && !is_stopping_) {
      stop_all(StopLadder{.rungs = {}});
    }
    return true;
  }

  /// What lies in the pipes at the end: no more than the pipes can hold.
  Result<> collect_rest(std::size_t index) {
    for (int reads = 0; drain_.is_open(index) && reads < rest_reads_max; ++reads) {
      if (!TEND_TRY(collect(index))) {
        break;
      }
    }
    return {};
  }

  Result<Collected> finish() {
    Collected collected{.timed_out = timed_out_};
    for (std::size_t index = 0; index < group_.sources.size(); ++index) {
      if (is_stopping_) {
        TEND_TRY(collect_rest(index));
      }
      collected.texts.push_back(drain_.take(index));
    }
    collected.is_complete = drain_.is_complete();
    collected.is_cut = drain_.is_cut();
    return collected;
  }

  Group group_;
  Drain drain_;
  std::vector<Member> members_{};
  std::vector<os::PollEntry> entries_{};
  std::vector<char> buffer_{};  ///< For sinks.
  os::Nowhere dropped_bytes_{};
  bool is_stopping_ = false;
  bool timed_out_ = false;
};

}  // namespace

Result<Collected> run_to_end(Group group) { return Run(std::move(group)).to_end(); }

Result<Output> run_to_end(Child::State& child, std::string_view input, OutputSinks sinks) {
  Child::State::Parts& parts = child.parts();
  if (!parts.in && !parts.out && !parts.err && !parts.limits.deadline) {
    return Output{.program = parts.program, .status = TEND_TRY(child.wait())};
  }
  Collected collected =
      TEND_TRY(run_to_end({.name = parts.program,
                           .children = {&child},
                           .in = &parts.in,
                           .input = input,
                           .sources = {{.end = &parts.out, .sink = std::move(sinks.out)},
                                       {.end = &parts.err, .sink = std::move(sinks.err)}},
                           .limits = parts.limits}));
  const ExitStatus status = TEND_TRY(child.wait());
  return Output{.program = parts.program,
                .status = status,
                .out = std::move(collected.texts[0]),
                .err = std::move(collected.texts[1]),
                .timed_out = collected.timed_out,
                .is_complete = collected.is_complete,
                .is_cut = collected.is_cut};
}

}  // namespace tend::process
