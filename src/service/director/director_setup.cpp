// How a director comes to be: from the state file and the inherited descriptors to where the one
// before it was.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/environment.hpp"
#include "os/eventfd.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/procfs.hpp"
#include "os/signals.hpp"
#include "service/director/director.hpp"
#include "service/director/notify_socket.hpp"
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
    const auto director = TEND_TRY(Director::make(os::Fd(state_fd), os::Fd(socket_fd)));
    return director->run();
  };
  const Result<int> code = run();
  if (!code) {
    std::fprintf(stderr, "tend-director: %s\n", code.error().message().c_str());
    return exit_own_failure;
  }
  return *code;
}

Director::Director(StateFile state, ProjectSpec project, os::EventLoop loop)
    : state_(std::move(state)),
      project_(std::move(project)),
      graph_(project_),
      loop_(std::move(loop)),
      places_{.runtime_dir = project_.runtime_dir, .log_dir = project_.log_dir},
      orders_(*this, loop_) {}

Director::~Director() = default;

Result<std::unique_ptr<Director>> Director::make(os::Fd state_fd, os::Fd keeper_socket) {
  StateFile state = TEND_TRY(StateFile::map(std::move(state_fd)));
  ProjectSpec project = TEND_TRY(state.project());
  if (project.services.size() != state.count()) {
    return refused("read", "state file", "it holds a different number of services than its specs");
  }
  os::EventLoop loop = TEND_TRY(os::EventLoop::make());
  std::unique_ptr<Director> director(
      new Director(std::move(state), std::move(project), std::move(loop)));
  TEND_TRY(director->set_up(std::move(keeper_socket)));
  return director;
}

Result<> Director::set_up(os::Fd keeper_socket) {
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
      loop_, std::move(keeper_socket),
      [this](const keeper::Message& message) {
        if (message.type == keeper::MessageType::upgraded) {
          note_upgrade_failed(message.value);
        } else {
          starter_->note_stored(message);
        }
      },
      [this] { is_keeper_gone_ = true; });
  choose_tree_means();
  os::Fd runtime_directory = TEND_TRY(os::open_directory(places_.runtime_dir));
  // The director may need many descriptors; its services keep the limit that they would have had.
  const os::DescriptorLimit limit = os::descriptor_limit();
  os::raise_descriptor_limit();
  starter_ = std::make_unique<RunStarter>(
      loop_, state_, *keeper_, *trees_,
      RunStarter::Inherited{.runtime_directory = std::move(runtime_directory), .limit = limit},
      [this](std::uint32_t index, std::uint32_t run, Outcome outcome) {
        note_start_result(index, run, outcome);
      });
  TEND_TRY(watch_descriptors());
  TEND_TRY(open_notify_sockets());
  TEND_TRY(keeper_->start());
  continue_all();
  return {};
}

Result<> Director::watch_descriptors() {
  control_ = std::make_unique<ControlServer>(
      loop_, os::Fd(state_.stored_fd(StoredKind::control_socket)), os::effective_uid(), *this);
  orders_.set_server(*control_);
  TEND_TRY(control_->start());

  report_event_ = os::Fd(state_.stored_fd(StoredKind::report_event));
  TEND_TRY(loop_.add(report_event_, os::Interest::read, [this](os::Ready) {
    static_cast<void>(os::drain_eventfd(report_event_));
    look_at_reports();
    look_at_stop_requests();
  }));

  if (const int viewer = state_.stored_fd(StoredKind::viewer); viewer >= 0) {
    viewer_ = os::Fd(viewer);
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
    unit.notify = os::Fd(inherited);
    unit.notify_address = TEND_TRY(notify_address(unit.notify));
  } else {
    BoundNotifySocket bound = TEND_TRY(bind_notify_socket(project_.name, unit.spec->name));
    unit.notify_address = std::move(bound.address);
    unit.notify = TEND_TRY(os::duplicate(bound.socket));
    keeper_->store(StoredKind::notify_socket, unit.index, 0, std::move(bound.socket));
  }
  unit.notify_watch = TEND_TRY(loop_.add(unit.notify, os::Interest::read,
                                         [this, &unit](os::Ready) { read_notifications(unit); }));
  return {};
}

void Director::choose_tree_means() {
  const StateHeader& header = state_.header();
  std::optional<os::Cgroup> groups;
  // TEND_NO_CGROUP lets tests, and people in doubt, see the other means at work.
  if (!os::find_variable(os::own_environment(), "TEND_NO_CGROUP")) {
    group_parent_ = os::find_writable_cgroup();
  }
  if (group_parent_) {
    group_name_ = project_group_name(project_.name, header.mark_token);
    auto made = group_parent_->make_child(group_name_);
    if (made) {
      groups = *std::move(made);
    } else {
      group_parent_.reset();
    }
  }
  trees_ = std::make_unique<RunTrees>(
      TreeMarks{.token = header.mark_token, .keeper_pid = header.keeper.keeper_pid},
      std::move(groups));
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
  }
  look_at_stop_requests();
}

void Director::continue_unit(ServiceUnit& unit) {
  const std::uint32_t run = unit.state().run;
  if (const std::uint32_t reported = load_shared(state_.report(unit.index).run);
      reported != run && reported > state_.acknowledged(unit.index)) {
    // The dead director had gone on to the next run, and not come to say that this one is dealt
    // with.
    acknowledge(unit, reported);
  }
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

/// Its own child's pid is good until it is acknowledged. What cannot be read (no /proc) is 0.
void Director::note_leader_start(ServiceUnit& unit, std::uint32_t run) {
  if (unit.record.leader_start_run != run) {
    unit.record.leader_start_run = run;
    unit.record.leader_start_ticks = os::start_time_of(state_.slot(unit.index).pid).value_or(0);
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
