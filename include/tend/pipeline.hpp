#pragma once
// Pipeline: commands of which each reads what the one before it writes, as a plain value with the
// verbs of Command.
//
//   auto output = (Command("zcat").arg(file) | Command("sort") | Command("uniq")).capture();
//
// The stdin of the first and the stdout of the last are those of these commands, and each has its
// own stderr; in between are pipes, and asking for something else there is the error EINVAL. No
// member has an end of a pipe that is not its own, so the end of each is noticed by its neighbours:
// a reader that ends lets its writer die by SIGPIPE.

#include <tend/child.hpp>
#include <tend/command.hpp>
#include <tend/deadline.hpp>
#include <tend/error.hpp>
#include <tend/exit_status.hpp>
#include <tend/output.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tend {

/// Which member's end is the end of the whole.
enum class PipelineJudge : std::uint8_t {
  last,          ///< The last one's, as a shell does by itself.
  any_failure,   ///< The last one that did not succeed, else the last (the shell's `pipefail`).
  any_but_pipe,  ///< The same, but dying of SIGPIPE is no failure, except for the last: its reader
                 ///< had enough.
};

/// How each member ended, in their order.
struct PipelineStatus {
  std::vector<ExitStatus> each{};

  /// The one that stands for the whole.
  [[nodiscard]] ExitStatus overall(PipelineJudge judge = PipelineJudge::last) const;

  bool operator==(const PipelineStatus&) const = default;
};

/// The end of all members, and what they wrote until then.
struct PipelineOutput {
  PipelineStatus status{};
  std::string out{};                    ///< Of the last.
  std::vector<std::string> errs{};      ///< Of each.
  std::vector<std::string> programs{};  ///< Of each, for messages.
  bool timed_out = false;               ///< As in Output.
  bool is_complete = true;              ///< As in Output, of all streams.
  bool is_cut = false;                  ///< As in Output.

  /// The output if it succeeded in time; else an error that names the member that failed.
  [[nodiscard]] Result<PipelineOutput> checked(
      PipelineJudge judge = PipelineJudge::any_but_pipe) &&;
};

/// A pipeline that runs. Each member is a Child of its own; dropping it drops them.
class RunningPipeline {
 public:
  [[nodiscard]] std::size_t size() const { return children_.size(); }
  [[nodiscard]] Child& child(std::size_t index) { return children_[index]; }
  [[nodiscard]] std::span<Child> children() { return children_; }

  /// Our end of the first one's stdin and of the last one's stdout, where those were set to pipe().
  [[nodiscard]] Fd& in() { return children_.front().in(); }
  [[nodiscard]] Fd& out() { return children_.back().out(); }

  /// Waits for the end of all.
  Result<PipelineStatus> wait();

  /// Ends all members with everything below them, side by side: see Child::stop().
  Result<PipelineStatus> stop(const StopLadder& ladder = {});

 private:
  friend class Pipeline;
  explicit RunningPipeline(std::vector<Child> children) : children_(std::move(children)) {}

  std::vector<Child> children_;
};

/// What to run; a plain value.
class Pipeline {
 public:
  explicit Pipeline(Command first) { members_.push_back(std::move(first)); }

  /// Adds one at the end.
  Pipeline& then(Command next);

  /// As in Command, for the whole. Members must not have a deadline or input of their own (EINVAL);
  /// their output limits and linger times count only where they run alone. A member that is
  /// checked() makes status() and capture() of the whole an error that names it, unless it succeeds
  /// or, not being the last, dies of SIGPIPE: its reader had enough.
  Pipeline& input(std::string bytes);
  Pipeline& deadline(Deadline limit);
  Pipeline& output_limit(std::size_t bytes, OverLimit policy = OverLimit::cut);
  Pipeline& linger(std::chrono::nanoseconds idle);

  [[nodiscard]] const std::vector<Command>& members() const { return members_; }

  /// Starts all, from the first to the last. If one cannot be started, those before it are killed
  /// with everything below them, and the error names the one.
  [[nodiscard]] Result<RunningPipeline> spawn() const;

  /// Runs all to their end. A deadline that passes is the error ETIMEDOUT, and all trees are gone.
  [[nodiscard]] Result<PipelineStatus> status() const;

  /// Runs all to their end and collects what the last writes, and the stderr of each.
  [[nodiscard]] Result<PipelineOutput> capture() const;

  bool operator==(const Pipeline&) const = default;

 private:
  [[nodiscard]] Result<PipelineOutput> run(std::uint8_t verb) const;

  std::vector<Command> members_{};
  std::optional<std::string> input_{};
  std::optional<Deadline> deadline_{};
  std::size_t output_limit_bytes_ = std::size_t{1} << 30;
  OverLimit over_limit_ = OverLimit::cut;
  std::chrono::nanoseconds linger_{std::chrono::seconds(1)};
};

[[nodiscard]] inline Pipeline operator|(Command first, Command second) {
  return std::move(Pipeline(std::move(first)).then(std::move(second)));
}
[[nodiscard]] inline Pipeline operator|(Pipeline line, Command next) {
  return std::move(line.then(std::move(next)));
}
[[nodiscard]] inline Pipeline operator|(Pipeline line, const Pipeline& more) {
  for (const Command& next : more.members()) {
    line.then(next);
  }
  return line;
}

}  // namespace tend
