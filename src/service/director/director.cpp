#include "service/director/director.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/clock.hpp"
#include "service/director/sentences.hpp"
#include "service/director/stop_budget.hpp"
#include "service/exit_report.hpp"

namespace tend::service {

namespace {

os::Instant instant(std::int64_t ns) { return os::Instant(std::chrono::nanoseconds(ns)); }

}  // namespace

std::int64_t Director::now_ns() const { return loop_.now().time_since_epoch().count(); }

Event Director::event(Event::Type type, const ServiceUnit& unit) const {
  const bool is_start_possible = !is_going_down() && !unit.is_stop_asked() &&
                                 graph_.holding_back(unit.index, standings_).empty();
  return {.type = type,
          .now_ns = now_ns(),
          .run = unit.state().run,
          .next_run = state_.header().director.last_run + 1,
          .requirements_met = is_start_possible,
          .random = world_.random_fraction()};
}

void Director::apply(ServiceUnit& unit, Event event) {
  const ServiceState before = unit.state();
  const Step step = service::step(before, event, unit.policy);
  take(unit, step);
  const bool has_begun_anew = before.run != 0 && unit.state().run != before.run;
  if (has_begun_anew) {
    for (const std::uint32_t index : graph_.restarted_with(unit.index)) {
      apply(units_[index], this->event(Event::Type::dependency_restarted, units_[index]));
    }
  }
}

void Director::take(ServiceUnit& unit, const Step& step) {
  const ServiceState before = unit.state();
  unit.record.state = step.state;
  std::uint32_t& last_run = state_.header().director.last_run;
  last_run = std::max(last_run, step.state.run);
  // Stored first, performed afterwards: a director that is killed in between is continued by
  // resume(), which asks for the same actions again.
  if (!(step.state == before)) {
    state_.set_record(unit.index, unit.record);
    refresh_standing(unit);
    needs_settling_ = true;
  }
  arm_deadline(unit);
  for (const Action& action : step.actions.list()) {
    perform(unit, action);
  }
  if (!(step.state == before)) {
    announce(unit, before);
  }
}

void Director::arm_deadline(ServiceUnit& unit) {
  loop_.cancel(unit.deadline);
  unit.deadline = os::TimerId::none;
  if (unit.state().deadline_ns != 0) {
    unit.deadline = loop_.add_timer(instant(unit.state().deadline_ns), [this, &unit] {
      unit.deadline = os::TimerId::none;
      apply(unit, event(Event::Type::deadline, unit));
    });
  }
}

void Director::perform(ServiceUnit& unit, const Action& action) {
  switch (action.type) {
    case Action::Type::spawn:
      unit.record.status_text[0] = '\0';
      starter_->begin(unit, action.run);
      return;
    case Action::Type::watch_ready: watch_ready(unit); return;
    case Action::Type::unwatch_ready: unwatch_ready(unit); return;
    case Action::Type::signal_leader:
    case Action::Type::signal_tree: signal(unit, action); return;
    case Action::Type::watch_tree: watch_tree(unit); return;
    case Action::Type::acknowledge: acknowledge(unit, action.run); return;
    case Action::Type::finished: note_finished(unit); return;
  }
}

void Director::announce(const ServiceUnit& unit, const ServiceState& before) {
  const std::uint32_t index = unit.index;
  Circumstances circumstances{
      .now_ns = now_ns(),
      .pid = unit.is_adopted() ? unit.record.adoption.pid : state_.slot(index).pid};
  if (unit.state().phase == Phase::waiting) {
    circumstances.waiting_for = names_of(graph_.holding_back(index, standings_));
  }
  circumstances.leftovers = unit.leftovers.size();
  const Happening told = happening(before, unit.state(), *unit.spec, circumstances);
  if (!told.text.empty() || before.phase != unit.state().phase) {
    orders_.tell({.realtime_ns = world_.wall_time().time_since_epoch().count(),
                  .name = unit.spec->name,
                  .state = word(unit.state().phase),
                  .text = told.text,
                  .is_bad = told.is_bad});
  }
}

// --- what the keeper tells -----------------------------------------------------------------------

void Director::look_at_reports() {
  for (ServiceUnit& unit : units_) {
    take_report(unit);
  }
}

void Director::take_report(ServiceUnit& unit) {
  const std::uint32_t run = unit.state().run;
  if (!state_.has_report(unit.index, run) || state_.acknowledged(unit.index) == run) {
    return;
  }
  const ChildSlot& slot = state_.slot(unit.index);
  if (slot.run == run && load_shared(slot.step) != 0) {
    Event failed = event(Event::Type::spawn_failed, unit);
    failed.outcome = {
        .how = Outcome::How::not_started, .value = load_shared(slot.error), .step = slot.step};
    apply(unit, failed);
    acknowledge(unit, run);
    return;
  }
  if (unit.state().leader == Leader::asked) {
    // It executed, and ended before its completion was seen.
    Event spawned = event(Event::Type::spawned, unit);
    spawned.run = run;
    apply(unit, spawned);
  }
  end_run(unit, outcome_of(state_.report(unit.index)));
}

/// The leader has ended.
void Director::end_run(ServiceUnit& unit, const Outcome& outcome) {
  const std::uint32_t run = unit.state().run;
  Event ended = event(Event::Type::ended, unit);
  ended.run = run;
  ended.outcome = outcome;
  const auto others = trees_->others(tree_of(unit));
  ended.tree_is_empty = others && others->empty();
  unwatch_ready(unit);
  if (unit.spec->ready.means == ReadyMeans::fd) {
    // Kept until now: a service that writes there once more must not die of SIGPIPE.
    keeper_->drop(StoredKind::ready_pipe, unit.index, run);
  }
  const bool is_adopted = unit.is_adopted();
  apply(unit, ended);
  if (is_adopted) {
    forget_adopted(unit, run);
  }
}

void Director::look_at_stop_requests() {
  const std::uint32_t requests = load_shared(state_.header().keeper.stop_requests);
  if (requests == stop_requests_seen_) {
    return;
  }
  const bool is_first = stop_requests_seen_ == 0 && !is_going_down();
  stop_requests_seen_ = requests;
  begin_down();
  if (!is_first || requests > 1) {
    hurry();
  }
}

void Director::note_finished(const ServiceUnit& unit) {
  if (unit.spec->essential && !is_going_down()) {
    state_.header().director.exit_code = exit_code_of(unit.state().last);
    orders_.tell({.realtime_ns = world_.wall_time().time_since_epoch().count(),
                  .name = unit.spec->name,
                  .state = word(unit.state().phase),
                  .text = "it is essential: the project stops",
                  .is_bad = state_.header().director.exit_code != 0});
    begin_down();
  }
}

// --- wishes --------------------------------------------------------------------------------------

void Director::wish_start(std::span<const std::uint32_t> chosen) {
  for (const std::uint32_t index : graph_.with_requirements(chosen, standings_)) {
    set_stop_asked(units_[index], false);
    apply(units_[index], event(Event::Type::start, units_[index]));
  }
}

void Director::wish_stop(std::span<const std::uint32_t> chosen) {
  for (const std::uint32_t index : graph_.with_dependents(chosen)) {
    set_stop_asked(units_[index], true);
  }
}

void Director::wish_restart(std::span<const std::uint32_t> chosen) {
  for (const std::uint32_t index : chosen) {
    set_stop_asked(units_[index], false);
    apply(units_[index], event(Event::Type::restart, units_[index]));
  }
}

bool Director::is_going_down() const { return state_.header().director.stopping != 0; }

void Director::begin_down() {
  if (is_going_down()) {
    return;
  }
  state_.header().director.stop_began_ns = now_ns();
  state_.header().director.stopping = 1;
  for (ServiceUnit& unit : units_) {
    set_stop_asked(unit, true);
  }
  watch_stop_budget();
}

milliseconds Director::stop_budget() const {
  return service::stop_budget(project_.stop_within, state_.header().is_pid_one != 0);
}

void Director::watch_stop_budget() {
  const std::int64_t deadline_ns =
      stop_deadline_ns(stop_budget(), state_.header().director.stop_began_ns);
  if (deadline_ns != 0 && stop_deadline_ == os::TimerId::none) {
    stop_deadline_ = loop_.add_timer(instant(deadline_ns), [this] { kill_what_is_left(); });
  }
}

/// The time for a stop in order is over: whoever is left is killed, whatever still requires it.
void Director::kill_what_is_left() {
  const auto is_left = [](const ServiceUnit& unit) {
    return unit.is_stop_asked() || unit.state().is_active();
  };
  std::vector<std::string> names;
  for (ServiceUnit& unit : units_) {
    if (is_left(unit)) {
      names.push_back(unit.spec->name);
      stop_now(unit);
      orders_.tell({.realtime_ns = world_.wall_time().time_since_epoch().count(),
                    .name = unit.spec->name,
                    .state = word(unit.state().phase),
                    .text = text::format("the {} for the whole stop are over: killed",
                                         duration_text(stop_budget())),
                    .is_bad = true});
    }
  }
  if (!names.empty()) {
    orders_.tell_stoppers(text::format("the {} for the whole stop are over; killed: {}",
                                       duration_text(stop_budget()), text::join(names, ", ")));
  }
}

/// To the last stage of its stop, which is KILL.
void Director::stop_now(ServiceUnit& unit) {
  unit.record.is_stop_asked = false;
  apply(unit, event(Event::Type::stop, unit));
  set_stop_asked(unit, false);
  for (std::size_t stage = 1; stage < unit.policy.stop.size(); ++stage) {
    apply(unit, event(Event::Type::hurry, unit));
  }
}

void Director::hurry() {
  settle();
  for (ServiceUnit& unit : units_) {
    apply(unit, event(Event::Type::hurry, unit));
  }
}

// --- what follows from changes -------------------------------------------------------------------

void Director::refresh_standing(const ServiceUnit& unit) {
  Standing standing = standing_of(unit.state());
  standing.wanted = standing.wanted && !unit.is_stop_asked();
  standings_[unit.index] = standing;
}

void Director::set_stop_asked(ServiceUnit& unit, bool is_asked) {
  unit.record.is_stop_asked = is_asked;
  state_.set_record(unit.index, unit.record);
  refresh_standing(unit);
  needs_settling_ = true;
}

void Director::settle() {
  while (std::exchange(needs_settling_, false)) {
    settle_stops();
    settle_starts();
  }
  orders_.look_again();
  finish_if_over();
}

void Director::settle_stops() {
  for (ServiceUnit& unit : units_) {
    if (unit.is_stop_asked() && graph_.ends_first(unit.index, standings_).empty()) {
      // Stored together with the new state: whoever is killed in between still knows the wish.
      unit.record.is_stop_asked = false;
      apply(unit, event(Event::Type::stop, unit));
      set_stop_asked(unit, false);
    }
  }
}

void Director::settle_starts() {
  if (is_going_down()) {
    return;
  }
  for (ServiceUnit& unit : units_) {
    if (unit.state().phase == Phase::waiting && !unit.is_stop_asked() &&
        graph_.holding_back(unit.index, standings_).empty()) {
      apply(unit, event(Event::Type::requirements_met, unit));
    }
  }
}

void Director::finish_if_over() {
  const auto is_over = [](const ServiceUnit& unit) {
    return !unit.is_stop_asked() && !unit.state().is_active();
  };
  if (!is_going_down() || is_finished_ || !std::ranges::all_of(units_, is_over)) {
    return;
  }
  is_finished_ = true;
  for (const ServiceUnit& unit : units_) {
    trees_->forget_group(unit.spec->name);
  }
  // From now on there is no such project: the next `tend up` waits only for the keeper's lock.
  clients_->stop_accepting();
  world_.leave(places_);
  if (const auto client = std::exchange(upgrade_client_, std::nullopt)) {
    clients_->finish(*client, {.code = 1, .message = "the project was stopped"});
  }
  keeper_->finish(state_.header().director.exit_code);
  orders_.tell_end();
}

Result<int> Director::run() {
  for (;;) {
    if (const auto code = TEND_TRY(turn())) {
      return *code;
    }
  }
}

Result<std::optional<int>> Director::turn() {
  settle();
  if (is_keeper_gone_ || (is_finished_ && keeper_->is_idle() && !clients_->has_output())) {
    return 0;
  }
  TEND_TRY(loop_.run_once(std::chrono::hours(24)));
  return std::nullopt;
}

void Director::on_request(ClientId client, const Request& request) {
  orders_.take(client, request);
}

void Director::on_gone(ClientId client) { orders_.forget(client); }

std::vector<std::string> Director::names_of(std::span<const std::uint32_t> indices) const {
  std::vector<std::string> names;
  names.reserve(indices.size());
  for (const std::uint32_t index : indices) {
    names.push_back(project_.services[index].name);
  }
  return names;
}

}  // namespace tend::service
