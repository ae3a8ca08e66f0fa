#include "cli/findings.hpp"

#include <string_view>

#include "base/text.hpp"

namespace tend::cli {

namespace {

using os::DoctorProbes;
using os::DurableMeans;

// A project of a few hundred services needs about this many descriptors.
constexpr std::uint64_t descriptors_enough = 4096;

std::string why(const Result<>& result) { return result.error().message(); }

Finding user(const DoctorProbes& probes) {
  Finding finding{.name = "user"};
  finding.found = text::format("uid {}{}{}", probes.uid, probes.pid == 1 ? ", PID 1" : "",
                               probes.has_no_new_privs ? ", no new privileges" : "");
  finding.uses = probes.uid == 0 ? "services may run as other users" : "services run as this user";
  return finding;
}

Finding spawning(const DoctorProbes& probes) {
  const bool shares = probes.spawn.shares_memory;
  Finding finding{.name = "starting processes",
                  .verdict = probes.spawn.has_clone3 ? Verdict::ok : Verdict::limited};
  finding.found = probes.spawn.has_clone3 ? "clone3 works" : "clone3 is refused";
  finding.uses = text::format("{}, {} (level {})", probes.spawn.has_clone3 ? "clone3" : "clone",
                              shares ? "shared memory" : "copied memory",
                              static_cast<int>(probes.spawn.level()));
  if (!probes.spawn.has_clone3) {
    finding.advice = "allow clone3 in the seccomp profile";
  }
  return finding;
}

Finding pidfd(const DoctorProbes& probes) {
  if (probes.pidfd) {
    return {.name = "pidfd",
            .found = "pidfd_open and pidfd_send_signal work",
            .uses = "signals never hit a reused pid"};
  }
  return {.name = "pidfd",
          .verdict = Verdict::missing,
          .found = why(probes.pidfd),
          .advice = "tend needs Linux 5.3 or newer, and a sandbox that allows pidfd_open"};
}

Finding exit_info(const DoctorProbes& probes) {
  if (probes.has_exit_info) {
    return {.name = "foreign exit codes",
            .found = "PIDFD_GET_INFO works",
            .uses = "the library knows how a child ended even if somebody else reaped it"};
  }
  return {.name = "foreign exit codes",
          .verdict = Verdict::limited,
          .found = "PIDFD_GET_INFO is not known",
          .uses = "a child that somebody else reaped ends with an error, status lost",
          .advice = "Linux 6.15 or newer has it"};
}

Finding close_range(const DoctorProbes& probes) {
  if (probes.close_range) {
    return {.name = "close_range", .found = "works", .uses = "one call for all descriptors"};
  }
  return {.name = "close_range",
          .verdict = Verdict::limited,
          .found = why(probes.close_range),
          .uses = "descriptors are closed one by one"};
}

Finding cgroup(const DoctorProbes& probes) {
  if (!probes.cgroup.path.empty() && probes.cgroup.has_kill) {
    return {.name = "cgroup",
            .found = "groups can be made below " + probes.cgroup.path,
            .uses = "a group for each service, cgroup.kill for whole trees"};
  }
  Finding finding{.name = "cgroup", .verdict = Verdict::limited};
  finding.found = probes.cgroup.path.empty()
                      ? probes.cgroup.refusal
                      : probes.cgroup.path + " has no cgroup.kill (Linux 5.14)";
  finding.uses = probes.cgroup.path.empty()
                     ? "whole trees are found by ancestry and mark"
                     : "whole trees are found by cgroup and killed one process at a time";
  finding.advice =
      "delegate a cgroup2: Delegate=yes in a systemd unit, or a writable /sys/fs/cgroup in a "
      "container";
  return finding;
}

Finding proc(const DoctorProbes& probes) {
  if (probes.proc.is_readable && probes.proc.shows_all && probes.proc.shows_children) {
    return {.name = "/proc", .found = "shows all processes", .uses = "trees by ancestry and mark"};
  }
  Finding finding{.name = "/proc", .verdict = Verdict::limited};
  if (!probes.proc.is_readable) {
    finding.found = "cannot be read";
    finding.uses = "services are stopped by their process group only";
    finding.advice = "mount proc on /proc";
  } else if (!probes.proc.shows_all) {
    finding.found = "hides processes of others (hidepid)";
    finding.uses = "trees of services that run as this user";
  } else {
    finding.found = "has no list of children";
    finding.uses = "all of /proc is read to find a tree";
  }
  return finding;
}

Finding mark(const DoctorProbes& probes) {
  if (probes.mark) {
    return {.name = "mark of a run",
            .found = "RLIMIT_LOCKS shows in /proc/PID/limits",
            .uses = "daemons that left their parent are still found"};
  }
  return {.name = "mark of a run",
          .verdict = Verdict::limited,
          .found = why(probes.mark),
          .uses = "daemons that left their parent are found by cgroup only"};
}

Finding log_pipes(const DoctorProbes& probes) {
  Finding finding{.name = "log pipes", .verdict = Verdict::limited};
  if (!probes.durable_pipe) {
    finding.verdict = Verdict::missing;
    finding.found = probes.durable_pipe.error().message();
    return finding;
  }
  switch (*probes.durable_pipe) {
    case DurableMeans::proc:
      finding.verdict = Verdict::ok;
      finding.found = "can be opened for both directions through /proc/self/fd";
      finding.uses = "no service gets SIGPIPE when a part of tend is restarted";
      break;
    case DurableMeans::fifo:
      finding.found = "cannot be opened through /proc/self/fd";
      finding.uses = "unlinked FIFOs in the runtime directory";
      break;
    case DurableMeans::plain:
      finding.found = "cannot be opened for both directions";
      finding.uses = "plain pipes: a service that writes while nobody reads gets SIGPIPE";
      finding.advice = "mount proc on /proc, or choose a runtime directory that allows FIFOs";
      break;
  }
  return finding;
}

Finding event_loop(const DoctorProbes& probes) {
  if (probes.event_loop) {
    return {.name = "events", .found = "epoll, eventfd and inotify work", .uses = "them"};
  }
  return {.name = "events", .verdict = Verdict::missing, .found = why(probes.event_loop)};
}

Finding descriptors(const DoctorProbes& probes) {
  Finding finding{.name = "open files"};
  finding.found = text::format("limit {}, can be raised to {}", probes.descriptors_soft,
                               probes.descriptors_hard);
  finding.uses = "the higher one, for tend alone; services keep the lower";
  if (probes.descriptors_hard < descriptors_enough) {
    finding.verdict = Verdict::limited;
    finding.advice = "raise the hard limit (ulimit -Hn) for projects of more than 100 services";
  }
  return finding;
}

Finding runtime(const DoctorProbes& probes) {
  Finding finding{.name = "runtime directory", .found = probes.runtime.path};
  if (!probes.runtime.is_writable) {
    finding.verdict = Verdict::missing;
    finding.found += " cannot be written";
    finding.advice = "choose a folder with --state DIR or TEND_STATE";
  } else if (!probes.runtime.is_in_memory) {
    finding.verdict = Verdict::limited;
    finding.found += " is not in memory (tmpfs)";
    finding.uses = "it all the same; a slow disk slows decisions down";
    finding.advice = "mount a tmpfs there, or choose a folder on one with --state DIR";
  } else {
    finding.found += " is in memory and writable";
    finding.uses = "it for state and sockets";
  }
  return finding;
}

Finding logs(const DoctorProbes& probes) {
  if (probes.logs.is_writable) {
    return {.name = "log directory",
            .found = probes.logs.path + " is writable",
            .uses = "it for output of services"};
  }
  return {.name = "log directory",
          .verdict = Verdict::missing,
          .found = probes.logs.path + " cannot be written",
          .advice = "choose a folder with --state DIR or TEND_STATE"};
}

Finding keeper_program(const Result<std::string>& keeper) {
  if (keeper) {
    return {.name = "tend-keeper", .found = *keeper, .uses = "it"};
  }
  return {.name = "tend-keeper",
          .verdict = Verdict::missing,
          .found = keeper.error().message(),
          .advice = "install it beside tend, or name it with TEND_KEEPER"};
}

}  // namespace

std::string_view word(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::limited: return "limited";
    case Verdict::missing: return "missing";
  }
  return "?";
}

std::vector<Finding> findings(const DoctorProbes& probes, const Result<std::string>& keeper) {
  return {
      {.name = "kernel", .found = probes.kernel, .uses = "what follows"},
      user(probes),
      keeper_program(keeper),
      spawning(probes),
      pidfd(probes),
      exit_info(probes),
      close_range(probes),
      cgroup(probes),
      proc(probes),
      mark(probes),
      log_pipes(probes),
      event_loop(probes),
      descriptors(probes),
      runtime(probes),
      logs(probes),
  };
}

}  // namespace tend::cli
