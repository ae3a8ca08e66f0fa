#include "service/world/kernel.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace tend::service::world {

namespace {

/// So few that each is used again and again.
constexpr std::int32_t pid_first = 100;
constexpr std::uint32_t pid_count = 48;

/// A service does not fork without end.
constexpr int family_max = 8;

constexpr Death killed_by(int signal) { return {.code = CLD_KILLED, .status = signal}; }
constexpr Death exited_with(int code) { return {.code = CLD_EXITED, .status = code}; }

bool is_living(const Process& process) { return process.life != Life::zombie; }

}  // namespace

Process* Kernel::find(std::int32_t pid) {
  const auto found = std::ranges::find(processes_, pid, &Process::pid);
  return found == processes_.end() ? nullptr : &*found;
}

Process* Kernel::with_serial(std::uint64_t serial) {
  const auto found = std::ranges::find(processes_, serial, &Process::serial);
  return found == processes_.end() ? nullptr : &*found;
}

std::vector<std::int32_t> Kernel::children_of(std::int32_t pid) const {
  std::vector<std::int32_t> children;
  for (const Process& process : processes_) {
    if (process.parent == pid) {
      children.push_back(process.pid);
    }
  }
  return children;
}

bool Kernel::has_living(std::uint32_t service) const {
  return std::ranges::any_of(processes_, [&](const Process& process) {
    return process.service == service && is_living(process);
  });
}

bool Kernel::has_living_of_run(std::uint32_t run) const {
  return std::ranges::any_of(processes_, [&](const Process& process) {
    return process.run == run && process.service != nobody && is_living(process);
  });
}

/// The kernel does not give a number away that is still somebody's pid, group or session.
bool Kernel::is_in_use(std::int32_t pid) const {
  return reserved_.contains(pid) || std::ranges::any_of(processes_, [&](const Process& process) {
           return process.pid == pid || process.group == pid || process.session == pid;
         });
}

std::optional<std::int32_t> Kernel::free_pid() {
  // The one that was freed last, so that whoever remembers it too long is wrong at once.
  if (!freed_.empty() && chance_.below(4) != 0) {
    const std::int32_t pid = freed_.back();
    freed_.pop_back();
    if (!is_in_use(pid)) {
      return pid;
    }
  }
  const std::uint32_t start = chance_.below(pid_count);
  for (std::uint32_t i = 0; i < pid_count; ++i) {
    const auto pid = pid_first + static_cast<std::int32_t>((start + i) % pid_count);
    if (!is_in_use(pid)) {
      return pid;
    }
  }
  return std::nullopt;
}

Process* Kernel::add(std::int32_t parent) {
  const auto pid = free_pid();
  if (!pid) {
    return nullptr;
  }
  return &processes_.emplace_back(Process{.serial = ++last_serial_,
                                          .pid = *pid,
                                          .parent = parent,
                                          .group = *pid,
                                          .session = *pid,
                                          .start_ticks = ++ticks_});
}

Process* Kernel::clone(std::int32_t parent, std::int32_t group, std::uint32_t service,
                       std::uint32_t run, bool is_task) {
  const auto pid = free_pid();
  if (!pid) {
    return nullptr;
  }
  return &processes_.emplace_back(Process{.serial = ++last_serial_,
                                          .pid = *pid,
                                          .parent = parent,
                                          .reaper = parent,
                                          .group = group,
                                          .session = group,
                                          .start_ticks = ++ticks_,
                                          .service = service,
                                          .run = run,
                                          .is_leader = true,
                                          .life = Life::born,
                                          .has_executed = false,
                                          .ignores_polite = chance_.one_in(5),
                                          .forks_when_asked = !is_calm_ && chance_.one_in(6),
                                          .is_crasher = !is_calm_ && chance_.one_in(4),
                                          .is_task = is_task});
}

void Kernel::execute(Process& process) {
  process.life = Life::running;
  process.has_executed = true;
  process.group = process.session = process.pid;
  story_.tell("  pid ", process.pid, " of run ", process.run, " executes its program");
}

void Kernel::end(std::int32_t pid, Death death) {
  Process* process = find(pid);
  if (process == nullptr || process->life == Life::zombie) {
    return;
  }
  process->life = Life::zombie;
  process->death = death;
  story_.tell("  pid ", pid, " of run ", process->run,
              " ends: ", death.code == CLD_EXITED ? "exit code " : "signal ", death.status);
  if (process->is_leader) {
    ended_[process->run] = {.serial = process->serial,
                            .service = process->service,
                            .death = death,
                            .was_keepers = process->parent == keeper_pid};
  }
  const bool is_reaped_at_once = process->parent == init_pid;
  for (Process& child : processes_) {
    if (child.parent == pid) {
      child.parent = child.reaper;
    }
  }
  if (is_reaped_at_once) {
    reap(pid);
  }
  reap_children_of(init_pid);
}

void Kernel::kill_keeper() {
  for (Process& process : processes_) {
    if (process.reaper == keeper_pid) {
      process.reaper = init_pid;
    }
  }
  end(std::exchange(keeper_pid, 0), killed_by(SIGKILL));
}

void Kernel::reap_children_of(std::int32_t pid) {
  std::vector<std::int32_t> dead;
  for (const Process& process : processes_) {
    if (process.parent == pid && process.life == Life::zombie) {
      dead.push_back(process.pid);
    }
  }
  std::ranges::for_each(dead, [this](std::int32_t child) { reap(child); });
}

void Kernel::reap(std::int32_t pid) {
  if (std::erase_if(processes_, [&](const Process& process) {
        return process.pid == pid && process.life == Life::zombie;
      }) != 0) {
    freed_.push_back(pid);
    story_.tell("  pid ", pid, " is reaped");
  }
}

void Kernel::signal(std::uint64_t serial, int number) {
  Process* process = with_serial(serial);
  if (process == nullptr || process->life == Life::zombie) {
    return;
  }
  if (number == SIGKILL) {
    process->pending_kill = true;
    if (!process->is_stuck) {
      end(process->pid, killed_by(SIGKILL));
    }
  } else if (number == SIGCONT) {
    process->is_stopped = false;
  } else if (number == SIGSTOP) {
    process->is_stopped = true;
  } else if (!process->ignores_polite) {
    process->is_leaving = true;
  }
}

Process* Kernel::fork(std::int32_t parent_pid) {
  const auto pid = free_pid();
  const Process* parent = find(parent_pid);
  const auto family = std::ranges::count(processes_, parent->service, &Process::service);
  if (!pid || family >= family_max) {
    return nullptr;
  }
  Process child = *parent;
  child.serial = ++last_serial_;
  child.start_ticks = ++ticks_;
  child.pid = *pid;
  child.parent = parent_pid;
  child.is_leader = false;
  child.is_leaving = child.is_stopped = child.is_stuck = false;
  child.ignores_polite = chance_.one_in(3);
  story_.tell("  pid ", parent_pid, " of run ", child.run, " forks pid ", child.pid);
  return &processes_.emplace_back(child);
}

/// A plain child, one in a session of its own, or a daemon whose parent ends at once.
void Kernel::fork_somehow(std::int32_t parent_pid) {
  Process* child = fork(parent_pid);
  if (child == nullptr || chance_.one_in(2)) {
    return;
  }
  child->group = child->session = child->pid;
  if (chance_.one_in(2)) {
    const std::int32_t middle = child->pid;
    fork(middle);
    end(middle, exited_with(0));
    if (chance_.one_in(2)) {
      reap(middle);
    }
  }
}

void Kernel::move_running(std::int32_t pid) {
  Process& process = *find(pid);
  if (process.is_leaving) {
    if (process.forks_when_asked) {
      fork(pid);
    }
    end(pid, chance_.one_in(2) ? exited_with(0) : killed_by(SIGTERM));
    return;
  }
  switch (chance_.below(process.is_crasher ? 8 : 24)) {
    case 0: end(pid, exited_with(0)); return;
    case 1: end(pid, exited_with(static_cast<int>(1 + chance_.below(255)))); return;
    case 2: end(pid, {.code = CLD_DUMPED, .status = SIGSEGV}); return;
    case 3: process.is_stopped = true; return;
    case 4: process.is_stuck = true; return;
    case 5: fork_somehow(pid); return;
    case 6: reap_children_of(pid); return;
    default: return;
  }
}

bool Kernel::move() {
  std::vector<std::int32_t> movable;
  for (const Process& process : processes_) {
    if (process.service != nobody && process.life == Life::running) {
      movable.push_back(process.pid);
    }
  }
  if (movable.empty()) {
    return false;
  }
  Process& process = *find(movable[chance_.below(movable.size())]);
  if (process.is_stuck) {
    process.is_stuck = chance_.below(4) != 0;
    if (!process.is_stuck && process.pending_kill) {
      end(process.pid, killed_by(SIGKILL));
    }
    return true;
  }
  if (process.is_stopped) {
    return false;
  }
  move_running(process.pid);
  return true;
}

bool Kernel::finish_all() {
  bool has_changed = false;
  std::vector<std::int32_t> everybody;
  std::ranges::transform(processes_, std::back_inserter(everybody), &Process::pid);
  for (const std::int32_t pid : everybody) {
    Process* process = find(pid);
    if (process == nullptr || process->service == nobody) {
      continue;
    }
    reap_children_of(pid);
    process = find(pid);
    process->is_stuck = false;
    const bool has_to_end = process->is_leaving || (process->is_task && process->is_leader);
    if (process->life == Life::running &&
        (process->pending_kill || (has_to_end && !process->is_stopped))) {
      end(pid, process->pending_kill ? killed_by(SIGKILL) : exited_with(0));
      has_changed = true;
    }
  }
  return has_changed;
}

void Kernel::churn() {
  std::vector<std::int32_t> strangers;
  for (const Process& process : processes_) {
    if (process.service == nobody && process.parent == init_pid && process.pid != keeper_pid) {
      strangers.push_back(process.pid);
    }
  }
  if (strangers.size() < 3 || (strangers.size() < 10 && chance_.one_in(2))) {
    add(init_pid);
  } else {
    end(strangers[chance_.below(strangers.size())], exited_with(0));
  }
}

void Kernel::calm_down() {
  is_calm_ = true;
  for (Process& process : processes_) {
    process.is_crasher = process.forks_when_asked = process.is_stopped = false;
  }
}

}  // namespace tend::service::world
