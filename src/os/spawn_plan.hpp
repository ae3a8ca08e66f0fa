#pragma once
// SpawnPlan: SpawnOptions, checked and laid out as the plain arrays that the child side works from.
// What can fail by name (working directory, NUL bytes, closed descriptors) fails here, before any
// clone. After this nothing is allocated until the child has executed.

#include <tend/error.hpp>

#include <span>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "os/spawn_options.hpp"

namespace tend::os {

/// Whether the child must not share this process's memory: it changes ids or capabilities, and with
/// them the dumpable flag of the memory; enters a time namespace; or runs code of others.
[[nodiscard]] inline bool needs_own_memory(const SpawnOptions& options) noexcept {
  return options.uid || options.gid || options.groups || options.capabilities ||
         options.namespaces.flags != 0 || options.pre_exec != nullptr;
}

class SpawnPlan {
 public:
  /// The options must outlive the plan, which points into them. `kept` are descriptors that the
  /// child side needs until exec.
  static Result<SpawnPlan> make(const SpawnOptions& options, std::span<const int> kept = {});

  /// For the child side; valid as long as the plan is neither moved nor destroyed. Slot, pid and
  /// expected parent are the caller's to fill in.
  [[nodiscard]] raw::ChildInput input();

  /// Closes the working directory of the child: a cloned child has a descriptor of its own.
  void close_directory() noexcept { directory_.reset(); }

  /// Closes what the child side has copied out of the way, where it worked in this very process and
  /// failed.
  void close_copies() noexcept;

 private:
  explicit SpawnPlan(const SpawnOptions& options) : options_(&options) {}

  Result<> plan_descriptors_and_program(std::span<const int> kept);
  Result<> open_directory_of_child();
  void set_attributes(raw::ChildInput& input) const;
  void set_descriptors(raw::ChildInput& input);
  void set_identity(raw::ChildInput& input) const;

  const SpawnOptions* options_;
  std::vector<std::string> paths_{};
  std::vector<const char*> candidates_{};
  std::vector<const char*> argv_{};
  std::vector<const char*> envp_{};
  std::vector<unsigned long> affinity_{};
  std::vector<raw::LimitSetting> limits_{};
  std::uint32_t early_limits_ = 0;
  DescriptorPlan descriptors_{};
  std::vector<std::int32_t> placed_{};
  Fd directory_{};
  std::int32_t program_source_ = -1;
  std::int32_t program_target_ = -1;
  std::string time_offsets_{};
  std::string oom_score_{};
};

}  // namespace tend::os
