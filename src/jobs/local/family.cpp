#include "jobs/local/family.hpp"

#include <algorithm>
#include <csignal>
#include <optional>

#include "base/text.hpp"
#include "os/pidfd.hpp"
#include "os/process_group.hpp"
#include "os/procfs.hpp"

namespace tend::jobs {

namespace {

/// Against a tree that grows faster than it is looked at.
constexpr std::size_t members_max = 100'000;

/// The variables that tell one attempt from all others.
std::vector<std::string> identifying_variables(const std::string& token, const Leader& leader) {
  return {"TEND_RUN=" + token, text::format("TEND_SEQ={}", leader.sequence),
          text::format("TEND_ATTEMPT={}", leader.attempt)};
}

class Look {
 public:
  Look(const std::string& token, std::span<const Leader> leaders)
      : token_(token), leaders_(leaders) {}

  Members take() {
    for (const std::int32_t child :
         os::children_of(os::own_pid()).value_or(std::vector<std::int32_t>{})) {
      walk(child, nullptr);
    }
    return std::move(members_);
  }

 private:
  /// `owner` is whom the parent belongs to; null: the parent is us.
  void walk(std::int32_t pid, const Leader* owner) {
    const auto stat = os::read_proc_stat(pid);
    if (!stat || count_ == members_max) {
      return;
    }
    const bool is_leader = owner == nullptr && (owner = leader_with(pid)) != nullptr;
    if (owner == nullptr) {
      owner = owner_of_orphan(*stat);
    }
    if (owner == nullptr) {
      return;
    }
    if (!is_leader && !stat->is_zombie()) {
      ++count_;
      members_[owner->id].push_back({.pid = pid, .start_ticks = stat->start_ticks});
    }
    for (const std::int32_t child : os::children_of(pid).value_or(std::vector<std::int32_t>{})) {
      walk(child, owner);
    }
  }

  [[nodiscard]] const Leader* leader_with(std::int32_t pid) const {
    const auto found = std::ranges::find(leaders_, pid, &Leader::pid);
    return found != leaders_.end() ? &*found : nullptr;
  }

  [[nodiscard]] const Leader* owner_of_orphan(const os::ProcStat& stat) const {
    if (const Leader* leader = leader_with(stat.session)) {
      return leader;  // The leader is not reaped, so the number of its session is its own.
    }
    const auto environment = os::environment_of(stat.pid);
    if (!environment) {
      return nullptr;
    }
    const auto found = std::ranges::find_if(leaders_, [&](const Leader& leader) {
      return std::ranges::all_of(
          identifying_variables(token_, leader), [&](const std::string& variable) {
            return std::ranges::find(*environment, variable) != environment->end();
          });
    });
    return found != leaders_.end() ? &*found : nullptr;
  }

  const std::string& token_;
  std::span<const Leader> leaders_;
  Members members_{};
  std::size_t count_ = 0;
};

void send(const Member& member, int signal) {
  const auto pidfd = os::open_pidfd(member.pid);
  // Looked at after the descriptor exists: from here on the pid cannot change hands unseen.
  const auto start = os::start_time_of(member.pid);
  if (!pidfd || !start || *start != member.start_ticks) {
    return;
  }
  static_cast<void>(os::send_signal(*pidfd, signal));
  if (signal != SIGKILL && signal != SIGSTOP) {
    static_cast<void>(os::send_signal(*pidfd, SIGCONT));
  }
}

}  // namespace

std::vector<std::string> family_variables(const std::string& token, const Leader& leader,
                                          unsigned slot) {
  auto variables = identifying_variables(token, leader);
  variables.push_back(text::format("TEND_SLOT={}", slot));
  return variables;
}

Members look_at_family(const std::string& token, std::span<const Leader> leaders) {
  return Look(token, leaders).take();
}

void signal_family(const Leader& leader, std::span<const Member> members, int signal) {
  // One call for the whole group: nobody is born between a look and a signal.
  static_cast<void>(os::signal_process_group(leader.pid, signal));
  if (signal != SIGKILL && signal != SIGSTOP) {
    static_cast<void>(os::signal_process_group(leader.pid, SIGCONT));
  }
  for (const Member& member : members) {
    send(member, signal);
  }
}

}  // namespace tend::jobs
