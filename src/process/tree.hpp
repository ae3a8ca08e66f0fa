#pragma once
// ProcessTree: a process and everything below it, found and signalled through pidfds only. Once the
// root is reaped, only members that were found before, those below them, and (Linux 6.9) its own
// group are still reached. This process itself is never a member.

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

/// A group whose every member is below the root, if the root made one. A session is always such a
/// group; a process group only if we made it, because a shell also puts neighbours into one.
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

  /// Looks for members until no new one is found, then signals each that lives: those of the root's
  /// own group in one call that also reaches who is being born (Linux 6.9), the others one by one.
  /// To a signal that can be handled SIGCONT is added: a stopped process could not handle it. Where
  /// no pidfd of a member can be had, the whole group is signalled if the root made one; else that
  /// is the error (ENOSYS, EPERM of a sandbox; EMFILE), and the others have got the signal. False:
  /// nobody was there any more.
  Result<bool> signal(int number);

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
  [[nodiscard]] bool owns_group_number() const;
  Result<bool> send(int number);
  Result<> send_to_unheld(int number);

  Root root_;
  std::map<std::int32_t, Fd> members_{};  ///< By pid; the root is not among them.
  std::optional<Error> unheld_{};  ///< Why a living member of the last look is not among them.
};

}  // namespace tend::process
