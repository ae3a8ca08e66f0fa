#include "service/walker/wishes.hpp"

#include <algorithm>
#include <optional>

namespace tend::service::test {

namespace {

constexpr int moves_max = 40;

/// What a benign world does next; nothing if all there is to do is done.
std::optional<Move> benign_move(const Position& position, const Policy& policy) {
  const World& world = position.world;
  constexpr Move pending[] = {Move::tell_ended,           Move::tell_spawn_failed,
                              Move::tell_spawned,         Move::tell_tree_gone,
                              Move::program_is_executed,  Move::keeper_reports_the_failed_start,
                              Move::tell_requirements_met};
  const auto* next =
      std::ranges::find_if(pending, [&](Move move) { return is_possible(position, move, policy); });
  if (next != std::end(pending)) {
    return *next;
  }
  if (world.got_last_signal && world.child == Child::running) {
    return Move::exits_with_1;
  }
  if (world.got_last_signal && world.has_leftovers) {
    return Move::leftovers_end;
  }
  if (position.state.phase == Phase::starting && position.state.leader == Leader::alive) {
    return Move::tell_ready;
  }
  return position.state.deadline_ns != 0 ? std::optional(Move::tell_deadline) : std::nullopt;
}

Reached after(const FakeDirector& director, const Position& position, Move move,
              const Policy& policy) {
  if (is_event(move)) {
    return director.tell(position, move);
  }
  return {.position = {position.state, moved(position, move, policy)}};
}

template <typename IsReached>
std::string lead(const FakeDirector& director, Reached now, std::optional<Move> wish,
                 const Policy& policy, IsReached is_reached) {
  std::optional<Move> move = wish ? wish : benign_move(now.position, policy);
  for (int count = 0; count < moves_max && move && now.mistake.empty(); ++count) {
    now = after(director, now.position, *move, policy);
    if (now.mistake.empty() && is_reached(now.position)) {
      return {};
    }
    move = benign_move(now.position, policy);
  }
  if (!now.mistake.empty()) {
    return now.mistake;
  }
  const char* begin = wish ? word(*wish) : "what should go on by itself";
  return std::string(begin) + " comes to a halt in " + word(now.position.state.phase);
}

/// The director is told of the end that has already come. (A new one deals with what it found
/// before it listens to anybody.)
Reached informed(const FakeDirector& director, const Position& position, const Policy& policy) {
  for (const Move move : {Move::tell_ended, Move::tell_spawn_failed}) {
    if (is_possible(position, move, policy)) {
      return director.tell(position, move);
    }
  }
  return {.position = position};
}

}  // namespace

std::string objection_to_stop(const FakeDirector& director, const Position& from,
                              const Policy& policy) {
  const auto is_stopped = [](const Position& position) {
    const Phase phase = position.state.phase;
    return (phase == Phase::stopped || phase == Phase::done) && !position.world.has_process() &&
           !position.world.has_leftovers;
  };
  const Reached now =
      from.world.must_feed ? informed(director, from, policy) : Reached{.position = from};
  return lead(director, now, Move::stop, policy, is_stopped);
}

std::string objection_to_start(const FakeDirector& director, const Position& from,
                               const Policy& policy) {
  const auto is_started = [](const Position& position) {
    return position.state.is_ready() || position.state.phase == Phase::done;
  };
  Reached now = informed(director, from, policy);
  now.position.world.is_met = true;
  return lead(director, now, Move::start, policy, is_started);
}

std::string objection_to_restart(const FakeDirector& director, const Position& from,
                                 const Policy& policy) {
  Reached now = informed(director, from, policy);
  now.position.world.is_met = true;
  const std::uint32_t before = now.position.state.run;
  const auto is_started_anew = [before](const Position& position) {
    return (position.state.is_ready() || position.state.phase == Phase::done) &&
           position.state.run > before;
  };
  return lead(director, now, Move::restart, policy, is_started_anew);
}

std::string objection_to_patience(const FakeDirector& director, const Position& from,
                                  const Policy& policy) {
  const Phase phase = from.state.phase;
  if (phase != Phase::waiting && phase != Phase::backoff && phase != Phase::cooling_down) {
    return {};
  }
  Reached now = informed(director, from, policy);
  now.position.world.is_met = true;
  return lead(director, now, std::nullopt, policy,
              [](const Position& position) { return position.state.is_ready(); });
}

std::string objection_to_nonsense(const Machine& machine, const Position& position,
                                  const Policy& policy) {
  const ServiceState& state = position.state;
  const auto changes = [&](Event event) {
    event.now_ns = event.now_ns == 0 ? position.world.now_ns : event.now_ns;
    event.next_run = position.world.last_run + 1;
    const Step step = machine.step(state, event, policy);
    const bool acknowledges = event.type == Event::Type::ended;
    return step.state != state || step.actions.list().size() != (acknowledges ? 1 : 0);
  };
  for (const Event::Type type :
       {Event::Type::spawned, Event::Type::spawn_failed, Event::Type::ready, Event::Type::reloading,
        Event::Type::extend, Event::Type::ended, Event::Type::tree_gone}) {
    if (changes({.type = type, .run = state.run + 7}) ||
        (state.run > 0 && changes({.type = type, .run = state.run - 1}))) {
      return "an event of another run changes something";
    }
  }
  for (const Event::Type type : {Event::Type::spawned, Event::Type::spawn_failed,
                                 Event::Type::ready, Event::Type::reloading, Event::Type::ended}) {
    if (state.leader == Leader::none && changes({.type = type, .run = state.run})) {
      return "an event of a leader that has ended changes something";
    }
  }
  const std::int64_t early_ns =
      state.deadline_ns == 0 ? position.world.now_ns : state.deadline_ns - 1;
  if (changes({.type = Event::Type::deadline, .now_ns = early_ns})) {
    return "a deadline before its time changes something";
  }
  return {};
}

}  // namespace tend::service::test
