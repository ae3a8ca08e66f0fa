#include "service/walker/fake_world.hpp"

#include <algorithm>
#include <csignal>

namespace tend::service::test {

namespace {

bool has_executed(const World& world) {
  return world.child == Child::running || (world.child == Child::zombie && !world.slot_failed);
}

void end_child(World& world, Outcome outcome, bool leaves_children) {
  world.child = Child::zombie;
  world.outcome = outcome;
  world.has_leftovers = leaves_children;
}

constexpr Outcome exited(int code) { return {.how = Outcome::How::exited, .value = code}; }
constexpr Outcome killed() { return {.how = Outcome::How::killed, .value = SIGKILL}; }
constexpr Outcome not_started() {
  return {.how = Outcome::How::not_started, .value = 2, .step = 9};
}

int last_signal(const Policy& policy) {
  return policy.stop.empty() ? SIGKILL : policy.stop.back().signal;
}

std::string spawn(World& world, const Action& action, const ServiceState& state) {
  if (world.has_process()) {
    return "a second process of one service";
  }
  if (world.child == Child::zombie && !world.slot_failed) {
    return "a spawn before the end of the last run is acknowledged";
  }
  if (world.has_leftovers) {
    return "a spawn while processes of the last run live";
  }
  if (action.run != state.run || action.run <= world.slot_run) {
    return "a run id that was used before, or is not the current one";
  }
  world.slot_run = action.run;
  world.child = Child::born;
  world.slot_failed = false;
  world.got_last_signal = false;
  return {};
}

std::string signal(World& world, const Action& action, const Policy& policy) {
  const bool has_leader = world.child != Child::none;
  const bool is_for_leader = action.type == Action::Type::signal_leader;
  const bool has_target = has_leader || (!is_for_leader && world.watches_tree);
  const bool is_leftover_met = !is_for_leader && world.has_leftovers;
  if (action.run != world.slot_run || !(has_target || is_leftover_met)) {
    return "a signal to a ghost";
  }
  if (action.signal == last_signal(policy)) {
    world.got_last_signal = true;
  }
  return {};
}

}  // namespace

const char* word(Move move) noexcept {
  constexpr const char* words[] = {
      "program is executed",
      "a step before exec fails",
      "killed before exec",
      "exits with 0",
      "exits with 1",
      "exits with 0, leaving children",
      "exits with 1, leaving children",
      "keeper reports the failed start",
      "leftovers end",
      "requirements come or go",
      "a second passes",
      "a healthy time passes",
      "tell spawned",
      "tell spawn failed",
      "tell ready",
      "tell reloading",
      "tell extend",
      "tell ended",
      "tell tree gone",
      "tell requirements met",
      "tell deadline",
      "start",
      "stop",
      "restart",
      "hurry",
      "dependency restarted",
      "director dies",
  };
  static_assert(std::size(words) == move_count);
  return words[static_cast<std::size_t>(move)];
}

bool is_event(Move move) noexcept {
  return move >= Move::tell_spawned && move <= Move::dependency_restarted;
}

bool is_possible(const Position& position, Move move, const Policy& policy) {
  const ServiceState& state = position.state;
  const World& world = position.world;
  if (world.must_feed) {
    const bool has_report = world.child == Child::zombie;
    return move == Move::director_dies ||
           move == (has_report ? Move::tell_ended : Move::tell_spawn_failed);
  }
  const bool is_current = world.slot_run == state.run;
  const bool is_due_later = state.deadline_ns == 0 || world.now_ns + second < state.deadline_ns;
  switch (move) {
    case Move::program_is_executed:
    case Move::a_step_before_exec_fails:
    case Move::killed_before_exec: return world.child == Child::born;
    case Move::exits_with_0:
    case Move::exits_with_1:
    case Move::exits_with_0_leaving_children:
    case Move::exits_with_1_leaving_children: return world.child == Child::running;
    case Move::keeper_reports_the_failed_start: return world.child == Child::broken;
    case Move::leftovers_end: return world.has_leftovers;
    case Move::a_second_passes: return is_due_later;
    case Move::a_healthy_time_passes: return state.is_ready();
    case Move::tell_spawned:
      return is_current && has_executed(world) && state.leader == Leader::asked;
    case Move::tell_spawn_failed:
      return is_current && world.slot_failed && world.child != Child::none;
    case Move::tell_ready: return is_current && has_executed(world) && policy.has_readiness;
    case Move::tell_reloading:
    case Move::tell_extend: return is_current && has_executed(world);
    case Move::tell_ended: return world.child == Child::zombie;
    case Move::tell_tree_gone: return world.watches_tree && !world.has_leftovers;
    case Move::tell_requirements_met: return world.is_met && state.phase == Phase::waiting;
    case Move::tell_deadline: return state.deadline_ns != 0;
    case Move::requirements_come_or_go:
    case Move::start:
    case Move::stop:
    case Move::restart:
    case Move::hurry:
    case Move::dependency_restarted:
    case Move::director_dies: return true;
  }
  return false;
}

World moved(const Position& position, Move move, const Policy& policy) {
  World world = position.world;
  switch (move) {
    case Move::program_is_executed: world.child = Child::running; break;
    case Move::a_step_before_exec_fails:
      world.child = Child::broken;
      world.slot_failed = true;
      break;
    case Move::killed_before_exec: end_child(world, killed(), false); break;
    case Move::exits_with_0: end_child(world, exited(0), false); break;
    case Move::exits_with_1: end_child(world, exited(1), false); break;
    case Move::exits_with_0_leaving_children: end_child(world, exited(0), true); break;
    case Move::exits_with_1_leaving_children: end_child(world, exited(1), true); break;
    case Move::keeper_reports_the_failed_start: end_child(world, not_started(), false); break;
    case Move::leftovers_end: world.has_leftovers = false; break;
    case Move::requirements_come_or_go: world.is_met = !world.is_met; break;
    case Move::a_second_passes: world.now_ns += second; break;
    case Move::a_healthy_time_passes: world.now_ns += to_ns(policy.restart.reset_after); break;
    case Move::tell_deadline:
      world.now_ns = std::max(world.now_ns, position.state.deadline_ns);
      break;
    case Move::tell_spawned:
    case Move::tell_spawn_failed:
    case Move::tell_ready:
    case Move::tell_reloading:
    case Move::tell_extend:
    case Move::tell_ended:
    case Move::tell_tree_gone:
    case Move::tell_requirements_met:
    case Move::start:
    case Move::stop:
    case Move::restart:
    case Move::hurry:
    case Move::dependency_restarted:
    case Move::director_dies: break;
  }
  if (is_event(move)) {
    world.must_feed = false;
  }
  return world;
}

Event event_of(const Position& position, Move move) {
  using Type = Event::Type;
  const World& world = position.world;
  Event event{.now_ns = world.now_ns,
              .run = world.slot_run,
              .next_run = world.last_run + 1,
              .requirements_met = world.is_met,
              .tree_is_empty = !world.has_leftovers,
              .duration_ns = 2 * second};
  switch (move) {
    case Move::tell_spawned: event.type = Type::spawned; break;
    case Move::tell_spawn_failed:
      event.type = Type::spawn_failed;
      event.outcome = not_started();
      break;
    case Move::tell_ready: event.type = Type::ready; break;
    case Move::tell_reloading: event.type = Type::reloading; break;
    case Move::tell_extend: event.type = Type::extend; break;
    case Move::tell_ended:
      event.type = Type::ended;
      event.outcome = world.outcome;
      break;
    case Move::tell_tree_gone: event.type = Type::tree_gone; break;
    case Move::tell_requirements_met: event.type = Type::requirements_met; break;
    case Move::tell_deadline: event.type = Type::deadline; break;
    case Move::stop: event.type = Type::stop; break;
    case Move::restart: event.type = Type::restart; break;
    case Move::hurry: event.type = Type::hurry; break;
    case Move::dependency_restarted: event.type = Type::dependency_restarted; break;
    case Move::start:
    case Move::program_is_executed:
    case Move::a_step_before_exec_fails:
    case Move::killed_before_exec:
    case Move::exits_with_0:
    case Move::exits_with_1:
    case Move::exits_with_0_leaving_children:
    case Move::exits_with_1_leaving_children:
    case Move::keeper_reports_the_failed_start:
    case Move::leftovers_end:
    case Move::requirements_come_or_go:
    case Move::a_second_passes:
    case Move::a_healthy_time_passes:
    case Move::director_dies: event.type = Type::start; break;
  }
  return event;
}

std::string perform(World& world, const Action& action, const ServiceState& state,
                    const Policy& policy) {
  switch (action.type) {
    case Action::Type::spawn: return spawn(world, action, state);
    case Action::Type::watch_ready: world.watches_ready = true; return {};
    case Action::Type::unwatch_ready:
      // A new director has nothing to unwatch, so this is no mistake after a resume.
      world.watches_ready = false;
      return {};
    case Action::Type::signal_leader:
    case Action::Type::signal_tree: return signal(world, action, policy);
    case Action::Type::watch_tree: world.watches_tree = true; return {};
    case Action::Type::acknowledge:
      if (action.run == world.slot_run && world.child == Child::zombie) {
        world.child = Child::none;
      }
      return {};
    case Action::Type::finished: return {};
  }
  return {};
}

Found found_in(const World& world, const ServiceState& state) {
  if (world.slot_run != state.run || state.run == 0) {
    return {.now_ns = world.now_ns};
  }
  const bool has_ended = world.child == Child::zombie;
  return {.now_ns = world.now_ns,
          .has_process = true,
          .has_ended = has_ended,
          .outcome = world.slot_failed ? not_started() : (has_ended ? world.outcome : Outcome{})};
}

}  // namespace tend::service::test
