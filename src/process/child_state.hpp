#pragma once
// Child::State: what the threads that use one Child share. Reaping happens once, under a lock; all
// else goes through the pidfd and needs none.

#include <tend/child.hpp>

#include <mutex>
#include <optional>
#include <string>

#include "os/cgroup.hpp"
#include "os/spawn.hpp"
#include "process/run_limits.hpp"
#include "process/tree.hpp"

namespace tend {

class Child::State {
 public:
  struct Parts {
    os::Spawned process{};
    std::string program{};
    Fd in{};
    Fd out{};
    Fd err{};
    Fd terminal{};
    Drop drop = Drop::reap;
    process::OwnGroup group = process::OwnGroup::none;
    std::optional<os::Cgroup> cgroup{};
    process::RunLimits limits{};
  };

  explicit State(Parts parts) : parts_(std::move(parts)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Lets go of the child; see Drop.
  ~State();

  [[nodiscard]] Parts& parts() noexcept { return parts_; }
  [[nodiscard]] const Parts& parts() const noexcept { return parts_; }

  /// Waits for the end of the child and reaps it, or tells what an earlier call has found. One of
  /// several threads reaps, the others wait for that one.
  Result<ExitStatus> wait();

  /// Whether a wait has found the end, and no other will have to. Never waits for other threads.
  [[nodiscard]] bool is_waited_for();

  /// Nothing as long as it has not been reaped, while others wait too.
  [[nodiscard]] std::optional<Usage> usage();

  Result<> signal(int number);

  /// The walk of `ladder` down the whole tree; the means used. ETIMEDOUT: the ladder is over and
  /// somebody still lives.
  Result<TreeMeans> stop_tree(const StopLadder& ladder);

  [[nodiscard]] process::ProcessTree tree() const;

 private:
  [[nodiscard]] bool is_reaped() const { return status_ || is_lost_; }
  std::unexpected<Error> lost() const;

  Parts parts_;
  std::mutex reaping_{};  ///< Held until the child has ended.
  std::optional<ExitStatus> status_{};
  bool is_lost_ = false;
  std::mutex usage_mutex_{};
  std::optional<Usage> usage_{};
};

}  // namespace tend
