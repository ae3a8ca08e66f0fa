#include "service/director/exec_probe.hpp"

#include <fcntl.h>

#include <csignal>
#include <memory>
#include <utility>

#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/spawn.hpp"
#include "process/tree.hpp"

namespace tend::service {

namespace {

os::SpawnOptions options_of(const Readiness& readiness, const ServiceSpec& spec) {
  os::SpawnOptions options{
      .program = readiness.exec.empty() ? std::string() : readiness.exec.front(),
      .arguments = readiness.exec,
      .environment = spec.env.list(),
      .directory = spec.cwd,
      .session = os::raw::SessionKind::new_session,
      .umask = spec.umask,
      // Nobody asks for its answer any more when the director is gone.
      .parent_death_signal = SIGKILL};
  if (spec.identity) {
    options.uid = spec.identity->uid;
    options.gid = spec.identity->gid;
    options.groups = spec.identity->groups;
  }
  return options;
}

/// Those below it first, through their pidfds, then what is left of its session's group: children
/// whose parents have ended.
void kill_with_all(const os::StartedChild& child) {
  process::ProcessTree tree({.pidfd = &child.pidfd, .pid = child.pid});
  static_cast<void>(tree.signal(SIGKILL));
  static_cast<void>(os::kill_group_of(child.pidfd, child.pid));
}

/// The watch owns the pidfd: it goes with it, once the child has ended.
struct Funeral {
  os::Fd pidfd{};
  os::WatchId watch = os::WatchId::none;
};

void reap_when_ended(os::EventLoop& loop, os::Fd pidfd) {
  auto funeral = std::make_shared<Funeral>(Funeral{.pidfd = std::move(pidfd)});
  const auto watch = loop.add(funeral->pidfd, os::Interest::read, [&loop, funeral](os::Ready) {
    static_cast<void>(os::reap(funeral->pidfd, os::Waiting::no));
    loop.remove(funeral->watch);
  });
  if (watch) {
    funeral->watch = *watch;
  }
}

}  // namespace

ExecProbe::ExecProbe(os::EventLoop& loop, const Readiness& readiness, const ServiceSpec& spec)
    : loop_(loop), options_(options_of(readiness, spec)) {}

ExecProbe::~ExecProbe() {
  if (child_) {
    loop_.remove(watch_);
    kill_with_all(*child_);
    reap_when_ended(loop_, std::move(child_->pidfd));
  }
}

std::string ExecProbe::overdue(const std::string& limit) const {
  return "the check has not ended within " + limit + "; killed";
}

void ExecProbe::begin() {
  const auto nothing = os::open_file("/dev/null", O_RDWR);
  if (!nothing) {
    end(nothing.error().message());
    return;
  }
  for (const int target : {0, 1, 2}) {
    options_.descriptors.push_back({.source = nothing->get(), .target = target});
  }
  auto started = os::start_child(options_);
  if (!started) {
    end(started.error().message());
    return;
  }
  child_.emplace(*std::move(started));
  auto watch = loop_.add(child_->pidfd, os::Interest::read, [this](os::Ready) { finish(); });
  if (!watch) {
    end(watch.error().message());
    return;
  }
  watch_ = *watch;
}

void ExecProbe::finish() {
  // Before the reap, after which the number of its group could be somebody else's.
  static_cast<void>(os::kill_group_of(child_->pidfd, child_->pid));
  std::string problem = problem_of_ended();
  loop_.remove(std::exchange(watch_, os::WatchId::none));
  child_.reset();
  end(std::move(problem));
}

std::string ExecProbe::problem_of_ended() const {
  const auto reaped = os::reap(child_->pidfd, os::Waiting::no);
  if (const auto failure = os::failure_in(*child_->slot, options_)) {
    return failure->message();
  }
  if (!reaped || !*reaped) {
    return "the exit status of the check is unknown";
  }
  const ExitStatus& status = (*reaped)->status;
  if (status.success()) {
    return {};
  }
  return status.code() ? "exit code " + std::to_string(*status.code()) : status.description();
}

}  // namespace tend::service
