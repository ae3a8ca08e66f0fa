// How a director comes to be: from the state file and the inherited descriptors to where the one
// before it was.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/try.hpp"
#include "os/machine.hpp"
#include "os/signals.hpp"
#include "service/director/director.hpp"
#include "service/director/kernel_world.hpp"
#include "service/keeper/keeper_protocol.hpp"

namespace tend::service {

namespace {

constexpr int exit_own_failure = 1;

/// Signals that ask to stop are for the keeper: it tells us in the state file.
Result<> ignore_stop_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
    TEND_TRY(os::ignore_signal(signal));
  }
  return os::ignore_write_signals();
}

/// A run that was never born gets a new id: the recorder may still hold a log pipe of the old one.
Step with_new_id_for_unborn(const Step& step, std::uint32_t id) {
  Step renamed{.state = step.state};
  for (Action action : step.actions.list()) {
    if (action.type == Action::Type::spawn) {
      action.run = renamed.state.run = id;
    }
    renamed.actions.add(action);
  }
  return renamed;
}

}  // namespace

int director_main(int state_fd, int socket_fd) {
  os::set_process_name(keeper::director_name);
  const auto run = [&]() -> Result<int> {
    TEND_TRY(ignore_stop_signals());
    const auto world = TEND_TRY(KernelWorld::make(os::Fd(socket_fd)));
    const auto director = TEND_TRY(Director::make(os::Fd(state_fd), *world));
    return director->run();
  };
  const Result<int> code = run();
  if (!code) {
    std::fprintf(stderr, "tend-director: %s\n", code.error().message().c_str());
    return exit_own_failure;
  }
  return *code;
}

Director::Director(StateFile state, ProjectSpec project, World& world)
    : state_(std::move(state)),
      project_(std::move(project)),
      graph_(project_),
      world_(world),
      loop_(world.loop()),
      places_{.runtime_dir = project_.runtime_dir, .log_dir = project_.log_dir},
      orders_(*this, loop_) {}

Director::~Director() = default;

Result<std::unique_ptr<Director>> Director::make(os::Fd state_fd, World& world) {
  StateFile state = TEND_TRY(StateFile::map(std::move(state_fd)));
  ProjectSpec project = TEND_TRY(state.project());
  if (project.services.size() != state.count()) {
    return refused("read", "state file", "it holds a different number of services than its specs");
  }
  std::unique_ptr<Director> director(new Director(std::move(state), std::move(project), world));
  TEND_TRY(director->set_up());
  return director;
}

Result<> Director::set_up() {
  TEND_TRY(world_.enter(project_, state_.header().mark_token));
  units_.resize(state_.count());
  standings_.resize(state_.count());
  for (std::uint32_t i = 0; i < state_.count(); ++i) {
    ServiceUnit& unit = units_[i];
    unit.index = i;
    unit.spec = &project_.services[i];
    unit.policy = policy_of(*unit.spec);
    unit.record = state_.record(i);
    if (state_.is_damaged(i)) {
      std::fprintf(
          stderr,
          "tend-director: the record of %s in the state file is damaged; going on from the "
          "one before it\n",
          unit.spec->name.c_str());
    }
    refresh_standing(unit);
  }
  keeper_ = std::make_unique<KeeperLink>(
      world_,
      [this](const keeper::Message& message) {
        if (message.type == keeper::MessageType::upgraded) {
          note_upgrade_failed(message.value);
        } else {
          starter_->note_stored(message);
        }
      },
      [this] { is_keeper_gone_ = true; });
  trees_ = std::make_unique<RunTrees>(world_,
                                      TreeMarks{.token = state_.header().mark_token,
                                                .keeper_pid = state_.header().keeper.keeper_pid});
  starter_ = std::make_unique<RunStarter>(
      world_, state_, *keeper_, [this](std::uint32_t index, std::uint32_t run, Outcome outcome) {
        note_start_result(index, run, outcome);
      });
  TEND_TRY(watch_descriptors());
  TEND_TRY(open_notify_sockets());
  TEND_TRY(keeper_->start());
  continue_all();
  return {};
}

Result<> Director::watch_descriptors() {
  clients_ =
      TEND_TRY(world_.serve(world_.inherited(state_.stored_fd(StoredKind::control_socket)), *this));
  orders_.set_clients(*clients_);

  report_event_ = world_.inherited(state_.stored_fd(StoredKind::report_event));
  TEND_TRY(loop_.add(report_event_, os::Interest::read, [this](os::Ready) {
    world_.drain(report_event_);
    look_at_reports();
    look_at_stop_requests();
  }));

  if (const int viewer = state_.stored_fd(StoredKind::viewer); viewer >= 0) {
    viewer_ = world_.inherited(viewer);
    viewer_watch_ = TEND_TRY(loop_.add(viewer_, os::Interest::read, [this](os::Ready) {
      // The pidfd of an ended process stays readable for ever: look once.
      loop_.remove(viewer_watch_);
      begin_down();
    }));
  }
  return {};
}

Result<> Director::open_notify_sockets() {
  for (ServiceUnit& unit : units_) {
    TEND_TRY(open_notify_socket(unit));
  }
  return {};
}

Result<> Director::open_notify_socket(ServiceUnit& unit) {
  if (unit.spec->ready.means != ReadyMeans::notify) {
    return {};
  }
  const int inherited = state_.stored_fd(StoredKind::notify_socket, unit.index);
  if (inherited >= 0) {
    unit.notify = world_.inherited(inherited);
    unit.notify_address = TEND_TRY(world_.notify_address(unit.notify));
  } else {
    BoundNotifySocket bound = TEND_TRY(world_.bind_notify_socket(*unit.spec));
    unit.notify_address = std::move(bound.address);
    unit.notify = TEND_TRY(world_.duplicate(bound.socket));
    keeper_->store(StoredKind::notify_socket, unit.index, 0, std::move(bound.socket));
  }
  unit.notify_watch = TEND_TRY(loop_.add(unit.notify, os::Interest::read,
                                         [this, &unit](os::Ready) { read_notifications(unit); }));
  return {};
}

void Director::continue_all() {
  for (ServiceUnit& unit : units_) {
    continue_unit(unit);
  }
  // What the dead director did not tell the keeper any more.
  keeper_->acknowledge();
  look_at_reports();
  if (state_.header().director.stopping != 0) {
    for (ServiceUnit& unit : units_) {
      set_stop_asked(unit, unit.state().phase != Phase::stopping);
    }
    watch_stop_budget();
    // The first request is what led here: taken again, it would hurry.
    stop_requests_seen_ = std::min(load_shared(state_.header().keeper.stop_requests), 1U);
  }
  look_at_stop_requests();
}

void Director::continue_unit(ServiceUnit& unit) {
  const std::uint32_t run = unit.state().run;
  acknowledge_past(unit);
  const ChildSlot& slot = state_.slot(unit.index);
  const bool is_slot_of_run = run != 0 && slot.run == run;
  hold_adopted(unit);
  Found found{
      .now_ns = now_ns(),
      .has_process = (is_slot_of_run && load_shared(slot.pid) > 0) || unit.is_adopted(),
      .has_ended = state_.has_report(unit.index, run) && state_.acknowledged(unit.index) != run};
  if (is_slot_of_run && load_shared(slot.step) != 0) {
    found.outcome = {.how = Outcome::How::not_started, .value = slot.error, .step = slot.step};
  }
  Step step = resume(unit.state(), found, unit.policy);
  take(unit, with_new_id_for_unborn(step, state_.header().director.last_run + 1));
  if (!found.has_ended && found.outcome.how == Outcome::How::not_started &&
      state_.acknowledged(unit.index) != run) {
    note_start_result(unit.index, run, found.outcome);
  }
  if (is_slot_of_run && found.has_process && !unit.is_adopted()) {
    note_leader_start(unit, run);
  }
  if (!found.has_ended) {
    watch_adopted(unit);
  }
}

/// Runs that the dead director had dealt with, and not come to say so: it had gone on to the next
/// one, or they failed to start and are not reported yet.
void Director::acknowledge_past(const ServiceUnit& unit) {
  const ServiceState& now = unit.state();
  const bool has_failed_to_start =
      now.leader == Leader::none && !state_.has_report(unit.index, now.run);
  for (const std::uint32_t past :
       {load_shared(state_.report(unit.index).run), state_.slot(unit.index).run}) {
    if (past > state_.acknowledged(unit.index) && (past != now.run || has_failed_to_start)) {
      acknowledge(unit, past);
    }
  }
}

/// Its own child's pid is good until it is acknowledged. What cannot be read (no /proc) is 0.
void Director::note_leader_start(ServiceUnit& unit, std::uint32_t run) {
  if (unit.record.leader_start_run != run) {
    unit.record.leader_start_run = run;
    const auto stat = world_.stat_of(state_.slot(unit.index).pid);
    unit.record.leader_start_ticks = stat ? stat->start_ticks : 0;
    state_.set_record(unit.index, unit.record);
  }
}

void Director::note_start_result(std::uint32_t index, std::uint32_t run, const Outcome& outcome) {
  ServiceUnit& unit = units_[index];
  const bool has_failed = outcome.how == Outcome::How::not_started;
  if (!has_failed) {
    note_leader_start(unit, run);
  }
  Event result = event(has_failed ? Event::Type::spawn_failed : Event::Type::spawned, unit);
  result.run = run;
  result.outcome = outcome;
  apply(unit, result);
  if (has_failed) {
    // The child that failed, if there was one, is nobody's business any more.
    acknowledge(unit, run);
  }
}

}  // namespace tend::service
