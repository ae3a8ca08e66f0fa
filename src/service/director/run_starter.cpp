#include "service/director/run_starter.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/try.hpp"
#include "os/procfs.hpp"
#include "os/raw/spawn_step.hpp"

namespace tend::service {

namespace {

using os::raw::SpawnStep;

/// A program on a disk that does not answer: its child is killed, so that the service can be
/// stopped.
constexpr std::chrono::seconds execute_within{30};

constexpr std::chrono::milliseconds look_again_after{20};

/// The step by its name, as an error tells it; `none` ("start") for what came before any step.
SpawnStep step_named(const std::string& name) {
  for (auto step = SpawnStep::none; step < SpawnStep::exec;) {
    step = static_cast<SpawnStep>(static_cast<std::uint8_t>(step) + 1);
    if (name == os::raw::step_name(step)) {
      return step;
    }
  }
  return SpawnStep::none;
}

Outcome not_started(const Error& error) {
  return {.how = Outcome::How::not_started,
          .value = error.code != 0 ? error.code : EINVAL,
          .step = os::raw::packed_step(step_named(error.step), 0)};
}

}  // namespace

RunStarter::RunStarter(World& world, StateFile& state, KeeperLink& keeper, OnResult on_result)
    : world_(world),
      loop_(world.loop()),
      state_(state),
      keeper_(keeper),
      on_result_(std::move(on_result)) {}

RunStarter::~RunStarter() {
  while (!beginnings_.empty()) {
    forget(beginnings_.begin()->first);
  }
}

void RunStarter::forget(std::uint32_t index) {
  if (const auto found = beginnings_.find(index); found != beginnings_.end()) {
    loop_.remove(found->second.completion_watch);
    loop_.cancel(found->second.deadline);
    loop_.cancel(found->second.next_look);
    beginnings_.erase(found);
  }
}

void RunStarter::begin(const ServiceUnit& unit, std::uint32_t run) {
  // The last run may have ended before its completion was looked at.
  forget(unit.index);
  beginnings_.insert_or_assign(unit.index, Beginning{.unit = &unit, .run = run});
  waiting_.push_back(unit.index);
  open_next();
}

/// Each child gets a copy of all our descriptors, so pipes are open for few runs at a time. What
/// those wait for is the keeper, which never waits for a disk.
void RunStarter::open_next() {
  constexpr std::size_t most_at_once = 16;
  while (!waiting_.empty() && answers_awaited_ < most_at_once) {
    const auto found = beginnings_.find(waiting_.front());
    waiting_.pop_front();
    if (found == beginnings_.end() || found->second.has_pipes) {
      continue;  // Forgotten meanwhile, or forgotten and begun again.
    }
    found->second.has_pipes = true;
    if (const Result<> opened = open_pipes(found->second); !opened) {
      fail(found->first, found->second.run, not_started(opened.error()));
    }
  }
}

/// What the processes of the last run said and nobody has read means nothing for the next one,
/// whose leader may get the pid of one of them. They are all gone, so nothing can follow.
Result<> RunStarter::forget_notifications(const ServiceUnit& unit) {
  constexpr int reads_max = 16;  // A stranger who writes there for ever shall not keep us.
  bool has_more = unit.notify.is_open();
  for (int i = 0; has_more && i < reads_max; ++i) {
    const Notifications received = TEND_TRY(world_.receive_notifications(unit.notify));
    has_more = !received.list.empty() || received.dropped != 0;
  }
  return {};
}

Result<> RunStarter::open_pipes(Beginning& beginning) {
  const ServiceUnit& unit = *beginning.unit;
  TEND_TRY(forget_notifications(unit));
  OutputPipe output = TEND_TRY(world_.make_output(*unit.spec));
  if (unit.spec->ready.means == ReadyMeans::fd) {
    os::Pipe line = TEND_TRY(world_.make_pipe());
    ready_pipes_.insert_or_assign(unit.index, TEND_TRY(world_.duplicate(line.read)));
    beginning.ready_write = std::move(line.write);
    keeper_.store(StoredKind::ready_pipe, unit.index, beginning.run, std::move(line.read));
    ++beginning.stores_awaited;
    ++answers_awaited_;
  }
  beginning.output = std::move(output.write);
  keeper_.store(StoredKind::log_pipe, unit.index, beginning.run, std::move(output.read),
                output.inode);
  ++beginning.stores_awaited;
  ++answers_awaited_;
  return {};
}

void RunStarter::note_stored(const keeper::Message& message) {
  answers_awaited_ -= answers_awaited_ > 0 ? 1 : 0;
  open_next();
  const auto found = beginnings_.find(message.record);
  if (found == beginnings_.end() || found->second.run != message.run ||
      found->second.stores_awaited == 0) {
    return;
  }
  Beginning& beginning = found->second;
  beginning.store_error = message.value != 0 ? message.value : beginning.store_error;
  if (--beginning.stores_awaited == 0) {
    launch(message.record);
  }
}

void RunStarter::launch(std::uint32_t index) {
  Beginning& beginning = beginnings_.at(index);
  const Result<> spawned =
      beginning.store_error == 0
          ? spawn(beginning)
          : Result<>(failed("keep", "the descriptors of the service", beginning.store_error));
  // Ours no more: the service has its own copies.
  beginning.output.reset();
  beginning.ready_write.reset();
  if (!spawned) {
    fail(index, beginning.run, not_started(spawned.error()));
  }
}

Result<> RunStarter::spawn(Beginning& beginning) {
  const ServiceUnit& unit = *beginning.unit;
  os::Started started = TEND_TRY(world_.start({.spec = *unit.spec,
                                               .identity = {.token = state_.header().mark_token,
                                                            .run = beginning.run,
                                                            .notify_address = unit.notify_address},
                                               .output = beginning.output,
                                               .ready_write = beginning.ready_write},
                                              state_.slot(unit.index)));
  beginning.pidfd = std::move(started.pidfd);
  beginning.completion = std::move(started.completion);
  // The child lives: what fails from here on must not be told as a start that failed.
  watch_completion(unit.index);
  beginning.deadline =
      loop_.add_timer(execute_within, [this, index = unit.index] { give_up(index); });
  return {};
}

void RunStarter::watch_completion(std::uint32_t index) {
  Beginning& beginning = beginnings_.at(index);
  const auto watch = loop_.add(beginning.completion, os::Interest::read,
                               [this, index](os::Ready) { complete(index); });
  if (watch) {
    beginning.completion_watch = *watch;
  } else {  // This user may watch no more descriptors (epoll_ctl(2), ENOSPC).
    beginning.next_look =
        loop_.add_timer(look_again_after, [this, index] { look_at_completion(index); });
  }
}

void RunStarter::look_at_completion(std::uint32_t index) {
  if (world_.has_closed(beginnings_.at(index).completion).value_or(false)) {
    complete(index);
  } else {
    watch_completion(index);
  }
}

/// Of one that was too late, and killed. If it executed in the last moment it may have children,
/// and its end is that of a run. Its zombie can still tell; without /proc nobody can.
bool RunStarter::has_never_executed(std::uint32_t index) const {
  const auto stat = world_.stat_of(state_.slot(index).pid);
  return stat ? !stat->has_executed() : os::is_gone(stat.error());
}

void RunStarter::complete(std::uint32_t index) {
  const std::uint32_t run = beginnings_.at(index).run;
  const bool has_been_killed = beginnings_.at(index).is_too_late && has_never_executed(index);
  forget(index);
  const ChildSlot& slot = state_.slot(index);
  Outcome outcome{};
  if (load_shared(slot.step) != 0) {
    outcome = {.how = Outcome::How::not_started,
               .value = load_shared(slot.error),
               .step = load_shared(slot.step)};
  } else if (has_been_killed) {
    outcome = {.how = Outcome::How::not_started,
               .value = ETIMEDOUT,
               .step = os::raw::packed_step(SpawnStep::exec, 0)};
  }
  on_result_(index, run, outcome);
}

void RunStarter::give_up(std::uint32_t index) {
  Beginning& beginning = beginnings_.at(index);
  beginning.deadline = os::TimerId::none;
  const auto stat = world_.stat_of(state_.slot(index).pid);
  if (stat && stat->has_executed()) {
    // It is us who are late: this machine was suspended, or the completion could not be watched.
    complete(index);
    return;
  }
  if (!stat && !os::is_gone(stat.error())) {
    beginning.deadline = loop_.add_timer(look_again_after, [this, index] { give_up(index); });
    return;
  }
  beginning.is_too_late = true;
  // Its end closes the completion pipe; until then it may still execute, so nothing is told yet.
  static_cast<void>(world_.send_signal(beginning.pidfd, SIGKILL));
}

void RunStarter::fail(std::uint32_t index, std::uint32_t run, const Outcome& outcome) {
  // Later, from the loop: whoever asked for the run is still in the middle of its own change.
  loop_.add_timer(std::chrono::nanoseconds(0), [this, index, run, outcome] {
    const auto found = beginnings_.find(index);
    if (found != beginnings_.end() && found->second.run == run) {
      forget(index);
      on_result_(index, run, outcome);
    }
  });
}

os::Fd RunStarter::take_ready_pipe(std::uint32_t index, std::uint32_t run) {
  if (const auto found = ready_pipes_.find(index); found != ready_pipes_.end()) {
    os::Fd pipe = std::move(found->second);
    ready_pipes_.erase(found);
    return pipe;
  }
  // A director that took over inherited it under the number the keeper knows it by.
  return world_.inherited(state_.stored_fd(StoredKind::ready_pipe, index, run));
}

}  // namespace tend::service
