#include "service/walker/fake_director.hpp"

#include <utility>

#include "service/walker/invariants.hpp"

namespace tend::service::test {

Reached FakeDirector::tell(const Position& position, Move move) const {
  return tell_or_die(position, move).front();
}

std::vector<Reached> FakeDirector::tell_or_die(const Position& position, Move move) const {
  Position now{position.state, moved(position, move, policy_)};
  const Event event = event_of(now, move);
  const Step step = machine_.step(now.state, event, policy_);
  Reached whole{.mistake = objection_to(now.state, event, step, policy_)};
  if (step.state.run != now.state.run) {
    now.world.last_run = step.state.run;
  }
  now.state = step.state;

  std::vector<Reached> ways(1);
  const auto may_die_before = [&](int action) {
    ways.push_back(die(now));
    ways.back().killed_before = action;
  };
  if (event.type == Event::Type::spawn_failed) {
    // The shell itself acknowledges a run that failed to start, when its state is stored.
    may_die_before(0);
    now.world.child = Child::none;
  }
  int count = 0;
  for (const Action& action : step.actions.list()) {
    may_die_before(count++);
    if (whole.mistake.empty()) {
      whole.mistake = perform(now.world, action, now.state, policy_);
    }
  }
  // Nobody has to say that the tree is not watched any more: another phase says it.
  now.world.watches_tree = now.world.watches_tree && now.state.phase == Phase::stopping;
  whole.position = now;
  ways.front() = std::move(whole);
  return ways;
}

Reached FakeDirector::die(const Position& position) const {
  Position now = position;
  World& world = now.world;
  world.watches_ready = false;
  world.watches_tree = false;
  if (world.child == Child::zombie && world.slot_run != now.state.run) {
    world.child = Child::none;  // Reports of other runs are acknowledged first.
  }
  const Found found = found_in(world, now.state);
  const Step step = machine_.resume(now.state, found, policy_);
  Reached reached;
  if (machine_.resume(step.state, found, policy_).state != step.state) {
    reached.mistake = "to resume twice does more than to resume once";
  }
  now.state = step.state;
  for (const Action& action : step.actions.list()) {
    if (reached.mistake.empty()) {
      reached.mistake = perform(world, action, now.state, policy_);
    }
  }
  const bool has_failed_step = world.slot_failed && world.slot_run == now.state.run;
  world.must_feed =
      (world.child == Child::zombie) || (has_failed_step && now.state.leader != Leader::none);
  reached.position = now;
  return reached;
}

}  // namespace tend::service::test
