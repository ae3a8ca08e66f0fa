#include <tend/pipeline.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/pipe.hpp"
#include "process/child_state.hpp"
#include "process/last_line.hpp"
#include "process/launch.hpp"
#include "process/run.hpp"
#include "process/tree_stop.hpp"

namespace tend {

namespace {

using States = std::vector<std::shared_ptr<Child::State>>;

std::unexpected<Error> unfit(const Command::Wishes& wishes, std::string detail) {
  return std::unexpected(Error{
      .step = "pipeline", .subject = wishes.program, .code = EINVAL, .detail = std::move(detail)});
}

/// What of a member's wishes contradicts its place.
Result<> check(const Command::Wishes& wishes, bool is_first, bool is_last) {
  if (wishes.deadline || wishes.input) {
    return unfit(wishes, "deadline and input are those of the whole pipeline");
  }
  if (!is_first && wishes.in.kind != Stdio::Kind::standard) {
    return unfit(wishes, "its stdin is what the command before it writes");
  }
  if (!is_last && wishes.out.kind != Stdio::Kind::standard) {
    return unfit(wishes, "its stdout is what the command after it reads");
  }
  if (wishes.terminal && !(is_first && is_last)) {
    return unfit(wishes, "a member of a pipeline cannot have a terminal for all its streams");
  }
  return {};
}

/// Makes the pipes between the members, and starts these from the first to the last.
class Start {
 public:
  Start(const std::vector<Command>& members, process::Verb verb) : members_(members), verb_(verb) {}

  Result<States> all(const std::optional<std::string>& input, bool is_bounded) {
    for (std::size_t index = 0; index < members_.size(); ++index) {
      TEND_TRY(check(members_[index].wishes(), index == 0, is_last(index)));
    }
    for (std::size_t index = 0; index < members_.size(); ++index) {
      Command::Wishes wishes = members_[index].wishes();
      if (index == 0 && input) {
        wishes.input.emplace();  // It only asks for a pipe.
      }
      if (is_bounded && wishes.session == Command::Session::keep) {
        wishes.session = Command::Session::new_group;
      }
      auto started = one(std::move(wishes), index);
      if (!started) {
        give_up();
        return std::unexpected(std::move(started).error());
      }
    }
    return std::move(started_);
  }

 private:
  [[nodiscard]] bool is_last(std::size_t index) const { return index + 1 == members_.size(); }

  Result<> one(Command::Wishes wishes, std::size_t index) {
    Fd reads = std::move(next_);
    Fd writes;
    if (reads) {
      wishes.in = Stdio::descriptor(reads.get());
    }
    if (!is_last(index)) {
      os::Pipe pipe = TEND_TRY(os::make_pipe());
      next_ = std::move(pipe.read);
      writes = std::move(pipe.write);
      wishes.out = Stdio::descriptor(writes.get());
    }
    if (verb_ != process::Verb::spawn) {
      wishes.drop = Drop::kill;
    }
    started_.push_back(TEND_TRY(process::launch(wishes, verb_)));
    return {};
  }

  void give_up() {
    next_.reset();
    for (const auto& child : started_) {
      static_cast<void>(child->stop_tree({.rungs = {}}));
      static_cast<void>(child->wait());
    }
  }

  const std::vector<Command>& members_;
  process::Verb verb_;
  Fd next_{};  ///< What the next one reads.
  States started_{};
};

Result<PipelineStatus> status_of(const States& children) {
  PipelineStatus status;
  for (const auto& child : children) {
    status.each.push_back(TEND_TRY(child->wait()));
  }
  return status;
}

std::string line_of(const std::vector<Command>& members) {
  std::vector<std::string> programs;
  for (const Command& member : members) {
    programs.push_back(member.wishes().program);
  }
  return text::join(programs, " | ");
}

bool is_fine(const ExitStatus& status, PipelineJudge judge) {
  return status.success() || (judge == PipelineJudge::any_but_pipe && status.signal() == SIGPIPE);
}

/// Which member's end counts.
std::size_t judged(const std::vector<ExitStatus>& each, PipelineJudge judge) {
  const std::size_t last = each.size() - 1;
  if (judge == PipelineJudge::last || !each[last].success()) {
    return last;
  }
  for (std::size_t index = last; index-- > 0;) {
    if (!is_fine(each[index], judge)) {
      return index;
    }
  }
  return last;
}

Error failure_of(const PipelineOutput& output, std::size_t index) {
  std::string detail = output.status.each[index].description();
  if (output.timed_out) {
    detail += " at its deadline";
  }
  const std::string why = process::last_line(output.errs[index]);
  if (!why.empty()) {
    detail += ": " + why;
  }
  return {.step = "run", .subject = output.programs[index], .detail = std::move(detail)};
}

/// The failure of the last of those members that are checked and did not succeed.
Result<> check_members(const std::vector<Command>& members, const PipelineOutput& output) {
  const std::vector<ExitStatus>& each = output.status.each;
  for (std::size_t index = each.size(); index-- > 0;) {
    const bool is_last = index + 1 == each.size();
    const auto judge = is_last ? PipelineJudge::any_failure : PipelineJudge::any_but_pipe;
    if (members[index].wishes().is_checked && !is_fine(each[index], judge)) {
      return std::unexpected(failure_of(output, index));
    }
  }
  return {};
}

}  // namespace

ExitStatus PipelineStatus::overall(PipelineJudge judge) const {
  return each.empty() ? ExitStatus::exited(0) : each[judged(each, judge)];
}

Result<PipelineOutput> PipelineOutput::checked(PipelineJudge judge) && {
  const std::size_t index = judged(status.each, judge);
  if (status.each[index].success() && !timed_out) {
    return std::move(*this);
  }
  return std::unexpected(failure_of(*this, index));
}

Result<PipelineStatus> RunningPipeline::wait() {
  PipelineStatus status;
  for (Child& child : children_) {
    status.each.push_back(TEND_TRY(child.wait()));
  }
  return status;
}

Result<PipelineStatus> RunningPipeline::stop(const StopLadder& ladder) {
  std::vector<process::ProcessTree> trees;
  for (const Child& child : children_) {
    trees.push_back(child.state_->tree());
  }
  TEND_TRY(process::stop_all(trees, ladder, "pipeline"));
  return wait();
}

Pipeline& Pipeline::then(Command next) {
  members_.push_back(std::move(next));
  return *this;
}

Pipeline& Pipeline::input(std::string bytes) {
  input_ = std::move(bytes);
  return *this;
}

Pipeline& Pipeline::deadline(Deadline limit) {
  deadline_ = std::move(limit);
  return *this;
}

Pipeline& Pipeline::output_limit(std::size_t bytes, OverLimit policy) {
  output_limit_bytes_ = bytes;
  over_limit_ = policy;
  return *this;
}

Pipeline& Pipeline::linger(std::chrono::nanoseconds idle) {
  linger_ = idle;
  return *this;
}

Result<RunningPipeline> Pipeline::spawn() const {
  if (input_ || deadline_) {
    return unfit(members_.front().wishes(), "input and deadline are for status() and capture()");
  }
  auto states = TEND_TRY(Start(members_, process::Verb::spawn).all(std::nullopt, false));
  std::vector<Child> children;
  for (auto& state : states) {
    children.emplace_back(std::move(state));
  }
  return RunningPipeline(std::move(children));
}

Result<PipelineOutput> Pipeline::run(std::uint8_t verb) const {
  const os::Instant started = os::monotonic_now();
  const auto children = TEND_TRY(
      Start(members_, static_cast<process::Verb>(verb)).all(input_, deadline_.has_value()));
  process::Group group{.name = line_of(members_),
                       .in = &children.front()->parts().in,
                       .input = input_ ? std::string_view(*input_) : std::string_view(),
                       .sources = {{.end = &children.back()->parts().out}},
                       .limits = {.deadline = deadline_,
                                  .started = started,
                                  .output_limit_bytes = output_limit_bytes_,
                                  .over_limit = over_limit_,
                                  .linger = linger_}};
  for (const auto& child : children) {
    group.children.push_back(child.get());
    group.sources.push_back({.end = &child->parts().err});
  }
  process::Collected collected = TEND_TRY(process::run_to_end(std::move(group)));
  PipelineOutput output{.status = TEND_TRY(status_of(children)),
                        .out = std::move(collected.texts.front()),
                        .timed_out = collected.timed_out,
                        .is_complete = collected.is_complete,
                        .is_cut = collected.is_cut};
  output.errs.assign(std::make_move_iterator(collected.texts.begin() + 1),
                     std::make_move_iterator(collected.texts.end()));
  for (const Command& member : members_) {
    output.programs.push_back(member.wishes().program);
  }
  return output;
}

Result<PipelineStatus> Pipeline::status() const {
  const PipelineOutput output = TEND_TRY(run(std::to_underlying(process::Verb::status)));
  if (output.timed_out) {
    return std::unexpected(Error{.step = "wait",
                                 .subject = line_of(members_),
                                 .code = ETIMEDOUT,
                                 .detail = "its deadline has passed"});
  }
  TEND_TRY(check_members(members_, output));
  return output.status;
}

Result<PipelineOutput> Pipeline::capture() const {
  PipelineOutput output = TEND_TRY(run(std::to_underlying(process::Verb::capture)));
  TEND_TRY(check_members(members_, output));
  return output;
}

}  // namespace tend
