#pragma once
// ProcessTree: everything below one of our children, found and signalled through pidfds only. Once
// the root is reaped, only members that were found before are still reached.

#include <tend/child.hpp>
#include <tend/error.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "os/cgroup.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/proc_text.hpp"

namespace tend::process {

/// A group whose every member is below the root, if the root made one.
enum class OwnGroup : std::uint8_t { none, process_group, session };

class ProcessTree {
 public:
  struct Root {
    const Fd* pidfd = nullptr;
    std::int32_t pid = 0;
    OwnGroup group = OwnGroup::none;
    const os::Cgroup* cgroup = nullptr;
  };

  explicit ProcessTree(Root root) : root_(root) {}

  [[nodiscard]] TreeMeans means() const;

  /// Looks for members until no new one is found, then signals each that lives. To a signal that
  /// can be handled SIGCONT is added: a stopped process could not handle it.
  Result<> signal(int number);

  /// Whether no member lives. Zombies are dead.
  Result<bool> is_gone();

  /// Waits until that is so or the deadline has come.
  Result<bool> wait_gone(os::Instant deadline);

 private:
  Result<> look();
  Result<bool> look_once();
  using Belongs = std::function<bool(const os::ProcStat&)>;

  bool add_if(std::int32_t pid, const Belongs& belongs);
  bool add_children(std::int32_t pid, const Fd& pidfd);
  bool add_group_members();
  bool add_cgroup_members();
  Result<> send(int number);

  Root root_;
  std::map<std::int32_t, Fd> members_{};  ///< By pid; the root is not among them.
};

}  // namespace tend::process
